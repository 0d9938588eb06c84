"""What a route is: who offers it, at `gateway.route`, under which method and path."""

from __future__ import annotations

import re

from pydantic.alias_generators import to_camel

from atrium.sdk import Contribution

PREFIX = "/api/v1"

Key = tuple[str, str]
"""A route's method and path template."""


def key_of(contribution: Contribution) -> Key:
    """Return the key of a route that is offered."""
    return (str(contribution.options["method"]).upper(), PREFIX + wire_path(str(contribution.options["path"])))


def wire_path(path: str) -> str:
    """Return a path with its parameters as they are called on the wire: `{noteId}` for `{note_id}`."""
    return re.sub(r"(?<={)\w+", lambda name: to_camel(name[0]), path)


def first_segment(path: str) -> str:
    """Return what a path below the prefix begins with: by custom the name of the plugin that answers it."""
    return path.removeprefix(PREFIX).lstrip("/").partition("/")[0]
