"""`atrium usage`: what turns used, and budgets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, local_time, print_json, print_table, run, say

if TYPE_CHECKING:
    from atrium.contracts.usage import Amounts, BudgetState, DayUsage, UsageReport

_EPILOG = """\b
Examples:
  atrium usage
  atrium usage --days 7 --by day
  atrium usage --csv > usage.csv
"""
_COLUMNS = ("TURNS", "INPUT", "CACHED", "OUTPUT", "COST")
_CSV = ("day", "provider", "turns", "inputTokens", "cachedTokens", "outputTokens", "cost", "unpriced")


@click.command(epilog=_EPILOG)
@click.option(
    "--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How many days, today included."
)
@click.option(
    "--by", type=click.Choice(["provider", "day"]), default="provider", show_default=True, help="What a row is."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print each provider's days as CSV.")
@json_option
@home_option
def usage(days: int, by: Literal["provider", "day"], as_csv: bool, as_json: bool, home: str | None) -> None:
    """Show what your turns used, what is left of limits, and budgets. Days are those of UTC."""
    if as_csv and as_json:
        raise click.UsageError("give --csv or --json, not both")
    answer = run(_call(home, "GET", "/usage", params={"days": days}))
    if as_json:
        print_json(answer)
        return
    from atrium.contracts.usage import UsageReport

    report = UsageReport.model_validate(answer)
    if as_csv:
        say(_as_csv(report.days))
    elif not report.total.turns and not report.budgets:
        say(f"No turn has used anything since {report.first_day}.")
    else:
        _print(report, by)


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{__name__}:list_budgets", "List budgets and how much of each is used."),
        "set": (f"{__name__}:set_budget", "Set how much may be used in a day or a month."),
        "remove": (f"{__name__}:remove_budget", "Remove a budget."),
    },
    epilog="\b\nExamples:\n  atrium budgets set anthropic day 5\n  atrium budgets set '*' month 2000000 --tokens",
)
def budgets() -> None:
    """Stop turns before they start when enough was used."""


@click.command("list", epilog="\b\nExample:\n  atrium budgets list --json")
@json_option
@home_option
def list_budgets(as_json: bool, home: str | None) -> None:
    """List budgets and how much of each is used."""
    answer = run(_call(home, "GET", "/usage", params={"days": 1}))
    if as_json:
        print_json(answer["budgets"])
        return
    from atrium.contracts.usage import BudgetState

    states = [BudgetState.model_validate(one) for one in answer["budgets"]]
    if states:
        _print_budgets(states)
    else:
        say("There are no budgets.")


@click.command("set", epilog="\b\nExample:\n  atrium budgets set anthropic month 50")
@click.argument("provider")
@click.argument("period", type=click.Choice(["day", "month"]))
@click.argument("limit", type=click.FloatRange(min=0, min_open=True))
@click.option("--tokens", is_flag=True, help="The limit is in tokens, not in US dollars.")
@home_option
def set_budget(provider: str, period: str, limit: float, tokens: bool, home: str | None) -> None:
    """Set how much a provider ('*': all together) may use in a day or a month."""
    body = {"period": period, "unit": "tokens" if tokens else "cost", "limit": limit}
    answer = run(_call(home, "PUT", _path(provider), body=body))
    from atrium.contracts.usage import BudgetState

    _print_budgets([BudgetState.model_validate(answer)])


@click.command("remove", epilog="\b\nExample:\n  atrium budgets remove anthropic month")
@click.argument("provider")
@click.argument("period", type=click.Choice(["day", "month"]))
@home_option
def remove_budget(provider: str, period: str, home: str | None) -> None:
    """Remove a budget."""
    run(_call(home, "DELETE", _path(provider), params={"period": period}))
    say("Removed.")


async def _call(home: str | None, method: str, path: str, **more: Any) -> Any:
    from atrium.client import attach

    async with attach(home) as client:
        return await client.call(method, path, **more)


def _path(provider: str) -> str:
    from urllib.parse import quote

    return f"/usage/budgets/{quote(provider, safe='')}"


def _print(report: UsageReport, by: Literal["provider", "day"]) -> None:
    rows = [(name, *_cells(amounts)) for name, amounts in _sums(report.days, by)]
    print_table((by.upper(), *_COLUMNS), [*rows, ("total", *_cells(report.total))], spare=("CACHED", "TURNS"))
    if unpriced := report.total.unpriced:
        say(f"\nOf {unpriced} {'turn' if unpriced == 1 else 'turns'} the price is not known.")
    quotas = [
        (
            one.id,
            quota.name,
            f"{quota.remaining:,} of {quota.limit:,}",
            local_time(quota.resets_at) if quota.resets_at else "",
        )
        for one in report.providers
        for quota in one.quotas
    ]
    if quotas:
        say()
        print_table(("PROVIDER", "LIMIT", "LEFT", "RESETS"), quotas, spare=("RESETS",))
    if report.budgets:
        say()
        _print_budgets(report.budgets)


def _print_budgets(states: Sequence[BudgetState]) -> None:
    rows = [
        (
            one.provider_id,
            one.period,
            f"{_amount(one.used, one.unit)} of {_amount(one.limit, one.unit)}",
            local_time(one.resets_at),
        )
        for one in states
    ]
    print_table(("PROVIDER", "BUDGET", "USED", "RESETS"), rows, spare=("RESETS",))


def _sums(days: Sequence[DayUsage], by: Literal["provider", "day"]) -> Iterator[tuple[str, Amounts]]:
    from atrium.contracts.usage import Amounts

    fields = tuple(Amounts.model_fields)
    sums: dict[str, Amounts] = {}
    for day in days:
        name = day.provider_id if by == "provider" else day.day
        before = sums.get(name, Amounts())
        sums[name] = Amounts(**{field: getattr(before, field) + getattr(day, field) for field in fields})
    yield from sorted(sums.items())


def _cells(amounts: Amounts) -> tuple[str, ...]:
    cost = _amount(amounts.cost, "cost")
    known = "?" if amounts.unpriced and amounts.unpriced == amounts.turns else cost + "+" * bool(amounts.unpriced)
    counts = (amounts.turns, amounts.input_tokens, amounts.cached_tokens, amounts.output_tokens)
    return (*(f"{count:,}" for count in counts), known)


def _amount(amount: float, unit: str) -> str:
    if unit == "tokens":
        return f"{amount:,.0f} tokens"
    return f"${amount:,.2f}" if amount >= 0.01 or amount == 0 else f"${amount:.4f}"


def _as_csv(days: Sequence[DayUsage]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_CSV)
    for day in days:
        counts = (day.turns, day.input_tokens, day.cached_tokens, day.output_tokens)
        writer.writerow((day.day, day.provider_id, *counts, f"{day.cost:.6f}", day.unpriced))
    return text.getvalue().removesuffix("\n")
