"""Which `Host` and `Origin` a request may carry: exact matches only, against DNS rebinding and foreign pages."""

from __future__ import annotations

from collections.abc import Iterable

from atrium.plugins.gateway.errors import ForeignOrigin, Misdirected

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class HostRules:
    """The allowed values of `Host` (with the port) and `Origin`, compared whole and without regard to case."""

    def __init__(
        self, host: str, port: int, allowed_hosts: Iterable[str] = (), allowed_origins: Iterable[str] = ()
    ) -> None:
        configured = [name.lower() for name in allowed_hosts]
        local = [f"{name}:{port}" for name in {*LOOPBACK, bracketed(host.lower())}]
        if port == 80:
            local += LOOPBACK
        named = configured + [f"{name}:{port}" for name in configured]
        self._hosts = frozenset(local + named)
        self._origins = frozenset(
            [f"http://{name}" for name in self._hosts]
            + [f"https://{name}" for name in named]
            + [origin.lower().rstrip("/") for origin in allowed_origins]
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


def bracketed(host: str) -> str:
    """Return a host as it stands in addresses: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
