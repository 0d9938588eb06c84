"""Which `Host` and `Origin` a request may carry: exact matches only, against DNS rebinding and foreign pages.

And, by the `Host` it carries, at which address its sender reaches the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from atrium.plugins.gateway.errors import ForeignOrigin, Misdirected

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class HostRules:
    """The allowed values of `Host` (with the port) and `Origin`, compared whole and without regard to case."""

    def __init__(
        self,
        host: str,
        port: int,
        allowed_hosts: Iterable[str] = (),
        allowed_origins: Iterable[str] = (),
        public_url: str | None = None,
    ) -> None:
        configured = [name.lower() for name in allowed_hosts]
        local = [f"{name}:{port}" for name in {*LOOPBACK, bracketed(host.lower())}]
        if port == 80:
            local += LOOPBACK
        named = configured + [f"{name}:{port}" for name in configured]
        self._local = frozenset(local)
        self._public_url = public_url
        public = [] if public_url is None else [public_url]
        self._hosts = frozenset(local + named + [url.partition("//")[2] for url in public])
        self._origins = frozenset(
            [f"http://{name}" for name in local + named]
            + [f"https://{name}" for name in named]
            + [origin.lower().rstrip("/") for origin in allowed_origins]
            + public
        )

    def check(self, target: str, hosts: list[str], origins: list[str]) -> None:
        """Raise `Misdirected` or `ForeignOrigin` unless the request is meant for this hub.

        `target` is the request target as sent; `hosts` and `origins` are all values of these headers.
        """
        if not target.startswith("/"):
            raise Misdirected("send the path alone as the request target, not a whole address")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Misdirected("the Host header is none of the configured names; `allowedHosts` adds one")
        if origins and (len(origins) != 1 or origins[0].lower() not in self._origins):
            raise ForeignOrigin("the Origin header is none of the configured ones; `allowedOrigins` adds one")

    def hub_url(self, host: str, scheme: str) -> str:
        """Return the address, without a path, at which the sender of a request that was checked reaches the hub.

        That is the public one, if there is one, for all but those on this machine; `scheme` is as in ASGI's scope.
        """
        if self._public_url is not None and host.lower() not in self._local:
            return self._public_url
        return f"{'https' if scheme in {'https', 'wss'} else 'http'}://{host}"


def web_address(value: str) -> str:
    """Return the address of a site as browsers write it in `Origin`; raises `ValueError` with what is wrong."""
    parts = urlsplit(value.strip().lower())
    default_port = _DEFAULT_PORTS.get(parts.scheme)
    if default_port is None or not _NAME.fullmatch(bracketed(parts.hostname or "")):
        raise ValueError("give a whole address, such as https://hub.example")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("give scheme, name and port alone: the hub needs a host name of its own, not a path")
    port = "" if parts.port in {None, default_port} else f":{parts.port}"
    return f"{parts.scheme}://{bracketed(parts.hostname or '')}{port}"


def bracketed(host: str) -> str:
    """Return a host as it stands in addresses: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
