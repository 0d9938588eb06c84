"""Who follows a stream, and from which device."""

from __future__ import annotations

from typing import ClassVar

from atrium.contracts.base import Model
from atrium.contracts.events import Event


class Device(Model):
    """What somebody calls from: a program (`Chrome`, `Terminal`) and, if known, its system or host (`Linux`).

    `name` is what its owner calls it, if it was given one: that is shown in place of the two.
    """

    program: str
    system: str | None = None
    name: str | None = None


class StreamFollower(Model):
    """A person who follows a stream from a device, by one connection or several; `since` is when the first began."""

    user: str
    client: str
    device: Device
    since: str


class FollowersChanged(Event):
    """A device began to follow a stream, or ended; for plugins, which ask `gateway.followers` who is there."""

    type: ClassVar[str] = "gateway.followers.changed.v1"

    space: str
    stream: str
