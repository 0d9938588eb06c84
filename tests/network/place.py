"""Where a stream is followed, and what a request for it looks like as bytes."""

from __future__ import annotations

from dataclasses import dataclass

UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A stream of a hub: `stream` is its name for WebSockets, `entries` its path below the prefix for HTTP."""

    port: int
    token: str
    stream: str
    entries: str
    address: str = "127.0.0.1"

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """Return the head of a request with the token."""
        first = (f"{method} /api/v1{path} HTTP/1.1", f"Host: {self.address}:{self.port}", *lines)
        return "\r\n".join([*first, f"Authorization: Bearer {self.token}", "", ""]).encode()


def session_place(port: int, token: str, session_id: str) -> Place:
    """Return where a session is followed."""
    return Place(port, token, f"sessions/{session_id}", f"/sessions/{session_id}/events")


def note_place(port: int, token: str, note: str, address: str = "127.0.0.1") -> Place:
    """Return where a note of the tests' plugin is followed."""
    return Place(port, token, f"notes/{note}", f"/notes/{note}/entries", address)
