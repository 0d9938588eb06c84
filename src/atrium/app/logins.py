"""The link that signs a browser in, once."""

from __future__ import annotations

import http.client

from atrium.app.errors import CommandFailed
from atrium.app.home import Home
from atrium.app.hub_request import request


def login_link(home: Home) -> str:
    """Ask the running hub for a one-time code and return the address that redeems it (the code is in the fragment)."""
    status, answer = request(home, "POST", "/api/v1/auth/code", {})
    if status >= http.client.BAD_REQUEST or "url" not in answer:
        raise CommandFailed(str(answer.get("detail") or answer.get("title") or f"the hub answered {status}"))
    return str(answer["url"])
