"""Which models and modes the sessions of a provider may choose, and whether they may choose a certain one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from atrium.plugins.providers.roster import Member
from atrium.sdk import FieldError, InvalidInput
from atrium.sdk.providers import Choices, Selectable

Kind = Literal["model", "mode"]


class UnknownChoice(InvalidInput):
    """There is no such model or mode."""


def describe_choices(member: Member) -> dict[str, Any]:
    """Return `{model, mode}`, each `{own, choices: [{id, name}]}`: `own` is what a session has that chooses none."""
    choices = member.provider.choices if isinstance(member.provider, Selectable) else Choices()
    return {
        "model": {"own": choices.model, "choices": [asdict(one) for one in choices.models]},
        "mode": {"own": choices.mode, "choices": [asdict(one) for one in choices.modes]},
    }


async def check_choices(
    member: Member, session_id: str, settings: Mapping[str, Any], wanted: Mapping[Kind, str]
) -> None:
    """Raise `UnknownChoice`, a 422 that names the field and what there is, unless the session may choose all of this.

    Where the choices are not known yet, the provider is asked for them, which may start its program.
    """
    provider = member.provider
    if not isinstance(provider, Selectable):
        for kind in wanted:
            raise _refusal(kind, f"{provider.info.name} offers no {kind}s to choose from")
        return
    choices = provider.choices
    if any(not _ids(choices, kind) and not _takes_any(choices, kind) for kind in wanted):
        choices = await provider.learn_choices(session_id, settings)
    for kind, value in wanted.items():
        ids = _ids(choices, kind)
        if value not in ids and not _takes_any(choices, kind):
            raise _refusal(kind, f"{provider.info.name} has no {kind} {value!r}; there is {', '.join(ids) or 'none'}")


def _ids(choices: Choices, kind: Kind) -> list[str]:
    return [one.id for one in (choices.models if kind == "model" else choices.modes)]


def _takes_any(choices: Choices, kind: Kind) -> bool:
    return kind == "model" and choices.any_model


def _refusal(kind: Kind, message: str) -> UnknownChoice:
    return UnknownChoice(message, fields=[FieldError(kind, message)])
