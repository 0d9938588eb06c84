"""Where the hub is: its address and the local owner's token, read from its home again and again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from atrium.client.errors import ClientError, NotRunning


@dataclass(frozen=True, slots=True)
class Location:
    """A hub's address (`http://127.0.0.1:8080`) and the bearer token it accepts."""

    url: str
    token: str = field(repr=False)

    @property
    def api(self) -> str:
        """Return where the API begins."""
        return f"{self.url}/api/v1"

    @property
    def stream(self) -> str:
        """Return the address of the WebSocket."""
        return "ws" + self.api.removeprefix("http") + "/stream"


def home_folder(home: str | os.PathLike[str] | None = None) -> Path:
    """Return the hub's home: the argument, or `ATRIUM_HOME`, or `~/.atrium`."""
    return Path(home or os.environ.get("ATRIUM_HOME") or "~/.atrium").expanduser().absolute()


class Locator:
    """Finds the hub. A home is read again at every try, since a restarted hub has a new token and maybe a new port."""

    def __init__(self, home: Path, fixed: Location | None = None) -> None:
        self._home = home
        self._fixed = fixed

    def find(self) -> Location:
        """Return where the hub is now; raise `NotRunning` when its home does not say."""
        if self._fixed is not None:
            return self._fixed
        run = self._home / "run"
        try:
            url = (run / "address").read_text("utf-8").strip()
            token = (run / "token").read_text("utf-8").strip()
        except FileNotFoundError:
            raise NotRunning from None
        except UnicodeDecodeError:
            url = token = ""
        except PermissionError as error:
            raise ClientError(
                f"{error.filename} belongs to another user: a hub serves the user who started it"
            ) from None
        if not _is_address(url) or not (token.isascii() and token.isprintable() and token):
            raise NotRunning(f"{run} does not name a running hub; start it with `atrium up`")
        return Location(url.rstrip("/"), token)


def _is_address(text: str) -> bool:
    import httpx

    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in {"http", "https"} and bool(url.host)


def locate(home: str | os.PathLike[str] | None, url: str | None, token: str | None) -> Locator:
    """Build the locator for a home, or for a url with a token (`url` without `token` is an error)."""
    if url is None and token is None:
        return Locator(home_folder(home))
    if url is None or token is None:
        raise ClientError("give both url and token, or neither: then they are read from the hub's home")
    return Locator(home_folder(home), Location(url.rstrip("/"), token))
