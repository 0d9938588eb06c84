"""Telling those who measure what turns use, before a turn and while it runs."""

from __future__ import annotations

import logging

from atrium.sdk import AtriumError, Context
from atrium.sdk.providers import Note, Quota, TurnRequest, Usage

log = logging.getLogger(__name__)

METER_POINT = "providers.meter"
"""The extension point at which implementations of `Meter` are offered."""


async def admit(context: Context, provider_id: str, turn: TurnRequest) -> None:
    """Let every meter say whether a turn may start; raises what one says against it."""
    for meter in context.extensions.at(METER_POINT):
        await meter.value.admit(provider_id, turn)


async def measure(context: Context, provider_id: str, turn: TurnRequest, event: Usage | Quota) -> list[Note]:
    """Tell every meter what a turn uses and return what they say to that. One that fails does not end the turn."""
    notes: list[Note] = []
    for meter in context.extensions.at(METER_POINT):
        try:
            if isinstance(event, Quota):
                notes += await meter.value.limited(provider_id, turn, event)
            else:
                notes += await meter.value.used(provider_id, turn, event)
        except AtriumError:
            log.exception("what a turn used could not be counted", extra={"turn": turn.turn_id})
    return notes
