"""The link that signs a browser in, once."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from atrium.app.errors import CommandFailed, ExitCode
from atrium.app.home import Home


class HubNotRunning(CommandFailed):
    """No hub answers in this home."""

    exit_code = ExitCode.NOT_RUNNING


def login_link(home: Home) -> str:
    """Ask the running hub for a one-time code and return the address that redeems it (the code is in the fragment)."""
    try:
        url = urlsplit(home.address.read_text("ascii").strip())
        token = (home.run / "token").read_text("ascii").strip()
    except OSError:
        raise HubNotRunning("Atrium is not running; start it with `atrium up`") from None
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
    try:
        connection.request("POST", "/api/v1/auth/code", "{}", _headers(token))
        answer = connection.getresponse()
        data = json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException):
        raise HubNotRunning(f"nothing answers at {url.geturl()}; start the hub with `atrium up`") from None
    finally:
        connection.close()
    if answer.status >= http.client.BAD_REQUEST:
        raise CommandFailed(str(data.get("detail") or data.get("title") or f"the hub answered {answer.status}"))
    return str(data["url"])


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
