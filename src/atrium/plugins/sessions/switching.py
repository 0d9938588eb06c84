"""Another provider for a session, in the middle of its conversation: what is stored of it and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from atrium.contracts.problems import Problem
from atrium.contracts.sessions import ProviderChanged
from atrium.plugins.sessions.documents import SessionRecord
from atrium.plugins.sessions.ledger import Change
from atrium.sdk import Context, ServiceNotFound
from atrium.sdk.errors import ProviderContextExceeded

OF_ONE_PROVIDER = frozenset({"model", "mode"})
"""Settings of a session that name something of one provider, and mean nothing to another."""


@dataclass(frozen=True, slots=True)
class Switch:
    """To which provider, why, and how many of the messages so far it can read; `turn_id` goes on with it."""

    provider_id: str
    reason: Literal["requested", "fallback"]
    kept: int
    by: str | None = None
    turn_id: str | None = None
    problem: Problem | None = None


def put_switch(change: Change, switch: Switch) -> bool:
    """Put another provider into a change, with the entry that says so; False if the session has it already.

    The settings that belong to the provider before are kept for when the session comes back to it.
    """
    session, provider_id = change.session, switch.provider_id
    if session.provider_id == provider_id:
        return False
    parked = {**session.parked, session.provider_id: session.settings}
    settings = parked.pop(provider_id, None)
    if settings is None:
        settings = {key: value for key, value in session.settings.items() if key not in OF_ONE_PROVIDER}
    change.say(provider_id=provider_id, settings=settings, parked=parked, **shown_choice(settings))
    changed = ProviderChanged(
        provider_id=provider_id,
        before=session.provider_id,
        reason=switch.reason,
        messages=change.activity.message_count,
        kept=min(switch.kept, change.activity.message_count),
        by=switch.by,
        turn_id=switch.turn_id,
        problem=switch.problem,
    )
    change.append(changed)
    return True


def put_choice(change: Change, given: Mapping[str, str]) -> None:
    """Put other choices into a change; an empty one is taken back."""
    kept = {key: value for key, value in change.session.settings.items() if key not in given}
    settings = kept | {kind: value for kind, value in given.items() if value}
    if settings != change.session.settings:
        change.say(settings=settings, **shown_choice(settings))


def shown_choice(settings: Mapping[str, Any]) -> dict[str, str | None]:
    """Return what a session shows of the choices in its settings."""
    return {kind: value if isinstance(value := settings.get(kind), str) else None for kind in ("model", "mode")}


async def next_in_chain(
    context: Context, tried: set[str], session: SessionRecord, outgrown: str | None, with_images: bool
) -> str | None:
    """Return the id of the provider that goes on with a session by itself; None if there is none."""
    found = await _ask(context, "providers.next", sorted(tried), session.fallback, outgrown, with_images)
    return None if found is None else str(found["id"])


async def better_problem(
    context: Context, problem: Problem, provider_id: str, chain: Sequence[str] | None, *, with_images: bool = False
) -> Problem:
    """Return a problem whose action to switch names a provider that can go on, where there is one."""
    if all(action.id != "switch_provider" for action in problem.actions):
        return problem
    outgrown = provider_id if problem.code == ProviderContextExceeded.code else None
    other = await _ask(context, "providers.other", provider_id, chain, outgrown, with_images)
    if other is None:
        return problem
    named = {"label": f"Continue with {other['name']}", "provider_id": other["id"]}
    actions = [a.model_copy(update=named) if a.id == "switch_provider" else a for a in problem.actions]
    return problem.model_copy(update={"actions": tuple(actions)})


async def _ask(context: Context, service: str, *args: Any) -> dict[str, str] | None:
    try:
        found: dict[str, str] | None = await context.services.call(service, *args)
    except ServiceNotFound:
        return None
    return found
