"""`atrium approvals`: see what agents ask for, and answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, local_time, print_json, print_table, run, say
from atrium.app.text import printable, shortened

if TYPE_CHECKING:
    from atrium.contracts.approvals import Approval, Permission

_EPILOG = """\b
Examples:
  atrium approvals list
  atrium approvals show 0192f0c1-...
  atrium approvals allow 0192f0c1-...
  atrium approvals allow 0192f0c1-... --within '/home/ann/notes/**'
  atrium approvals reject 0192f0c1-... -m "use the other file"

The beginning of an id is enough, if no other begins so.
"""
_WIDEST = 80
_CHANGE = {"path", "oldText", "newText"}


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{__name__}:list_open", "List the questions that wait for an answer."),
        "show": (f"{__name__}:show", "Show the whole of a question."),
        "allow": (f"{__name__}:allow", "Let an act happen."),
        "reject": (f"{__name__}:reject", "Do not let an act happen."),
        "history": (f"{__name__}:list_closed", "List how questions ended, the last one first."),
        "permissions": (f"{__name__}:list_permissions", "List what is allowed without asking."),
        "take-back": (f"{__name__}:take_back", "Ask again about what a permission allowed."),
    },
    epilog=_EPILOG,
)
def approvals() -> None:
    """See what agents ask for, and answer."""


@click.command("list", epilog="\b\nExample:\n  atrium approvals list --json | jq -r '.[].id'")
@json_option
@home_option
def list_open(as_json: bool, home: str | None) -> None:
    """List the questions that wait for an answer, the oldest first."""
    answer = run(_call(home, "GET", "/approvals"))
    if as_json:
        print_json(answer["data"])
    elif not answer["data"]:
        say("Nothing waits for an answer.")
    else:
        rows = [(one.id, one.risk, _left(one), _place(one), _brief(one)) for one in map(_approval, answer["data"])]
        print_table(("ID", "RISK", "TIME LEFT", "IN", "QUESTION"), rows, spare=("TIME LEFT", "RISK"))


@click.command("show", epilog="\b\nExample:\n  atrium approvals show 0192f0c1-... --json")
@click.argument("approval")
@json_option
@home_option
def show(approval: str, as_json: bool, home: str | None) -> None:
    """Show the whole of a question: exactly what would be done."""
    answer = run(_show(home, approval))
    if as_json:
        print_json(answer)
    else:
        _print(_approval(answer))


@click.command("allow", epilog="\b\nExample:\n  atrium approvals allow 0192f0c1-... --within '/home/ann/notes/**'")
@click.argument("approval")
@click.option("--always", is_flag=True, help="Allow exactly this from now on, in its project.")
@click.option(
    "--within", metavar="PATH", help="Allow the tool on this path (FOLDER/** for all below it), in this session."
)
@click.option("-m", "--message", help="Tell the agent something.")
@home_option
def allow(approval: str, always: bool, within: str | None, message: str | None, home: str | None) -> None:
    """Let an act happen: once, unless you say more."""
    if always and within is not None:
        raise click.UsageError("give --always or --within, not both")
    answer = "allow_always" if always else "allow_session" if within is not None else "allow"
    run(_answer(home, approval, {"answer": answer, "message": message, "pattern": within}))
    say("Allowed.")


@click.command("reject", epilog='\b\nExample:\n  atrium approvals reject 0192f0c1-... -m "use the other file"')
@click.argument("approval")
@click.option("-m", "--message", help="Tell the agent why, or what to do instead.")
@home_option
def reject(approval: str, message: str | None, home: str | None) -> None:
    """Do not let an act happen."""
    run(_answer(home, approval, {"answer": "reject", "message": message}))
    say("Rejected.")


@click.command("history", epilog="\b\nExample:\n  atrium approvals history -n 20")
@click.option("-n", "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many at most.")
@click.option("--session", help="Only questions of this session.")
@json_option
@home_option
def list_closed(limit: int, session: str | None, as_json: bool, home: str | None) -> None:
    """List how questions ended, the last one first."""
    answer = run(_call(home, "GET", "/approvals/history", params={"limit": limit, "sessionId": session}))
    if as_json:
        print_json(answer["data"])
    elif not answer["data"]:
        say("No question was asked yet.")
    else:
        rows = [
            (
                one.id,
                local_time(one.closed_at or one.created_at),
                one.status,
                one.answered_by or one.rule or "",
                _brief(one),
            )
            for one in map(_approval, answer["data"])
        ]
        print_table(("ID", "CLOSED", "STATUS", "BY", "QUESTION"), rows, spare=("BY", "CLOSED", "STATUS"))


@click.command("permissions", epilog="\b\nExample:\n  atrium approvals permissions --json")
@json_option
@home_option
def list_permissions(as_json: bool, home: str | None) -> None:
    """List what is allowed without asking."""
    answer = run(_call(home, "GET", "/approvals/permissions"))
    if as_json:
        print_json(answer["data"])
    elif not answer["data"]:
        say("Nothing is allowed without asking.")
    else:
        rows = [
            (one.id, local_time(one.created_at), one.tool, _extent(one)) for one in map(_permission, answer["data"])
        ]
        print_table(("ID", "SINCE", "TOOL", "WHAT"), rows, spare=("SINCE", "TOOL"))


@click.command("take-back", epilog="\b\nExample:\n  atrium approvals take-back 0192f0c1-...")
@click.argument("permission")
@home_option
def take_back(permission: str, home: str | None) -> None:
    """Ask again about what a permission allowed."""
    run(_take_back(home, permission))
    say("Taken back.")


async def _call(home: str | None, method: str, path: str, **more: Any) -> Any:
    from atrium.client import attach

    async with attach(home) as client:
        return await client.call(method, path, **more)


async def _show(home: str | None, given: str) -> Any:
    from atrium.app.short_ids import find_approval
    from atrium.client import attach

    async with attach(home) as client:
        return await client.call("GET", f"/approvals/{_path(await find_approval(client, given))}")


async def _take_back(home: str | None, given: str) -> None:
    from atrium.app.short_ids import find_permission
    from atrium.client import attach

    async with attach(home) as client:
        await client.call("DELETE", f"/approvals/permissions/{_path(await find_permission(client, given))}")


async def _answer(home: str | None, approval: str, answer: dict[str, Any]) -> None:
    """Show a question and answer exactly what was shown."""
    from atrium.app.short_ids import find_approval
    from atrium.client import attach

    async with attach(home) as client:
        path = f"/approvals/{_path(await find_approval(client, approval))}"
        asked = _approval(await client.call("GET", path))
        _print(asked)
        given = {name: value for name, value in answer.items() if value is not None}
        await client.call("POST", f"{path}/answer", body={**given, "digest": asked.digest})


def _print(one: Approval) -> None:
    for line in lines_of(one):
        say(line)


def lines_of(one: Approval) -> list[str]:
    """Return the whole of a question as a terminal shows it."""
    act = one.act
    changes, others = patch_of(act.arguments)
    facts = {
        "command": act.command,
        "in": act.cwd,
        "environment": ", ".join(act.env),
        "tool": act.tool,
        "arguments": json.dumps(others, ensure_ascii=False, indent=2) if others else None,
        "paths": ", ".join(act.paths),
        "files": ", ".join(f"{file.path} ({file.sha256[:12]})" for file in act.files),
        "risk": one.risk,
        "reason": one.reason,
        "look out": ", ".join(warning.replace("_", " ") for warning in act.warnings),
        "status": one.status if one.status != "pending" else f"pending, {_left(one)} left",
        "by": one.answered_by,
        "message": one.message,
        "answers": ", ".join(one.options) if one.status == "pending" else None,
    }
    told = [f"  {name:<12} {printable(value)}" for name, value in facts.items() if value]
    return [printable(one.title), *told, *(f"  {printable(line)}" for line in changes)]


def patch_of(arguments: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return the changes of files as a patch, line by line, and the arguments that it does not show."""
    from difflib import unified_diff

    changes = arguments.get("changes")
    if not isinstance(changes, list) or not all(isinstance(one, dict) and one.keys() <= _CHANGE for one in changes):
        return [], arguments
    lines: list[str] = []
    for one in changes:
        path, before, after = (str(one.get(name) or "") for name in ("path", "oldText", "newText"))
        old, new = (text.split("\n") if text else [] for text in (before, after))  # the last line's end counts too
        lines += unified_diff(old, new, path, path, lineterm="")
    return lines, {name: value for name, value in arguments.items() if name != "changes"}


def _approval(data: Any) -> Approval:
    from atrium.contracts.approvals import Approval

    return Approval.model_validate(data)


def _permission(data: Any) -> Permission:
    from atrium.contracts.approvals import Permission

    return Permission.model_validate(data)


def _brief(one: Approval) -> str:
    return shortened(one.title, _WIDEST)


def _place(one: Approval) -> str:
    """Return the folder in which it would be done, or else the project."""
    return shortened(one.act.cwd or one.project or "", _WIDEST)


def _extent(one: Permission) -> str:
    if one.pattern is not None:
        return f"{one.pattern} in session {one.session_id}"
    return f"{shortened(one.title, _WIDEST)} in project {one.project}"


def _left(one: Approval) -> str:
    seconds = int((datetime.fromisoformat(one.expires_at) - datetime.now(UTC)).total_seconds())
    return f"{max(seconds, 0) // 60}:{max(seconds, 0) % 60:02d}"


def _path(given: str) -> str:
    from urllib.parse import quote

    return quote(given, safe="")
