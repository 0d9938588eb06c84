"""One request to the running hub with the standard library alone: the client would take longer to import."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import SplitResult, urlsplit

from atrium.app.errors import CommandFailed, ExitCode
from atrium.app.home import Home

_SECONDS = 10


class HubNotRunning(CommandFailed):
    """No hub answers in this home."""

    exit_code = ExitCode.NOT_RUNNING


def request(home: Home, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Send a request and return the status and the object it was answered with, empty for an empty answer.

    Raises `HubNotRunning` if nothing answers, and `CommandFailed` if the home cannot be read or something else answers.
    """
    url, token = _find(home)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=_SECONDS)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException):
        message = f"nothing answers at {url.geturl()}: Atrium is not running; start it with `atrium up`"
        raise HubNotRunning(message) from None
    finally:
        connection.close()
    try:
        data = json.loads(text or b"{}")
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise CommandFailed(f"what answers at {url.geturl()} is not Atrium: does another program use this port?")
    return answer.status, data


def _find(home: Home) -> tuple[SplitResult, str]:
    """Return the address and the token that the hub has written."""
    try:
        url = urlsplit(home.address.read_text("ascii").strip())
        token = (home.run / "token").read_text("ascii").strip()
        if url.hostname and url.port:
            return url, token
    except FileNotFoundError:
        raise HubNotRunning("Atrium is not running; start it with `atrium up`") from None
    except ValueError:
        pass  # torn or not ours: said below
    raise HubNotRunning(f"{home.run} does not name a running hub; start it with `atrium up`")
