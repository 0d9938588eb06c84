"""Which models and modes an agent offers: told in one of several ways, and remembered over restarts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from atrium.sdk.providers import Choice, Choices

Data = Mapping[str, Any]
Kind = Literal["model", "mode"]


@dataclass(frozen=True, slots=True)
class Offer:
    """What an agent offers in one of its sessions; the options are the ids under which it wants a choice told.

    Without an option a mode is set with `session/set_mode`, and a model with `session/set_model`.
    """

    choices: Choices = field(default_factory=Choices)
    model_option: str | None = None
    mode_option: str | None = None

    def updated(self, update: Data) -> Offer:
        """Return it after the agent has said that something is different now."""
        kind = update.get("sessionUpdate")
        if kind == "current_mode_update":
            return replace(self, choices=replace(self.choices, mode=str(update.get("currentModeId") or "")))
        if kind == "config_option_update" and update.get("configOptions"):
            return _with_options(self, update)
        return self


def offer_of(answer: Data) -> Offer:
    """Return what an agent offers in a session that was opened or taken up."""
    modes, models = answer.get("modes") or {}, answer.get("models") or {}
    choices = Choices(
        models=_choices(models.get("availableModels"), "modelId"),
        modes=_choices(modes.get("availableModes"), "id"),
        model=models.get("currentModelId"),
        mode=modes.get("currentModeId"),
    )
    return _with_options(Offer(choices), answer)


def _with_options(offer: Offer, told: Data) -> Offer:
    """Take in the options of a session; what has a method of its own is set with that."""
    for option in told.get("configOptions") or ():
        what = option.get("category") or option.get("id")
        found = _choices(list(_values(option)), "value")
        current = option.get("currentValue")
        choices = offer.choices
        if what == "model" and found:
            choices = replace(choices, models=found, model=current)
            offer = replace(offer, choices=choices, model_option=str(option["id"]))
        elif what == "mode" and found and (not choices.modes or offer.mode_option):
            choices = replace(choices, modes=found, mode=current)
            offer = replace(offer, choices=choices, mode_option=str(option["id"]))
    return offer


def _values(option: Data) -> Iterator[Data]:
    """Yield the values of an option, those in groups too."""
    for value in option.get("options") or ():
        if "options" in value:
            yield from value["options"]
        else:
            yield value


def _choices(told: object, key: str) -> tuple[Choice, ...]:
    found = [one for one in told if isinstance(one, Mapping) and one.get(key)] if isinstance(told, list) else []
    return tuple(Choice(str(one[key]), str(one.get("name") or one[key])) for one in found)


class Remembered:
    """What an agent offered last, and whether it takes images. Small and seldom written; call it off the loop."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "choices.json"

    def read(self) -> tuple[Choices, bool]:
        """Return what is kept; no choices if there is nothing, or it cannot be read, and that it takes images."""
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            models, modes = (tuple(Choice(**one) for one in kept[name]) for name in ("models", "modes"))
            return Choices(models, modes, kept["model"], kept["mode"]), bool(kept.get("images", True))
        except (OSError, ValueError, KeyError, TypeError):
            return Choices(), True

    def write(self, choices: Choices, *, images: bool) -> None:
        """Keep it."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._file.with_suffix(".partial")
        part.write_text(json.dumps(asdict(choices) | {"images": images}), "utf-8")
        os.replace(part, self._file)
