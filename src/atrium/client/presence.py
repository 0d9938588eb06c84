"""From which device this program calls, and from which others somebody looks at the same session."""

from __future__ import annotations

import socket
from typing import Any

from atrium.contracts.followers import Device, StreamFollower

TERMINAL = "Terminal"


def user_agent() -> str:
    """Return what this program calls itself: a terminal on this host."""
    return f"atrium/1 ({TERMINAL}; {host()})"


def host() -> str:
    """Return this host's name as it can stand in a header."""
    name = socket.gethostname().partition(".")[0]
    return (
        "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-_"))[:40] or "host"
    )


def other_devices(presence: Any) -> tuple[Device, ...]:
    """Return the devices of a presence topic's data but this one, each once."""
    # A newer hub may say more than this program knows.
    followers = [StreamFollower.model_validate(one, extra="ignore") for one in presence["followers"]]
    here = Device(program=TERMINAL, system=host())
    return tuple(dict.fromkeys(one.device for one in followers if one.device != here))
