"""A real hub in its own process, with the tests' plugin in its home, and what a test asks of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.clients import NO_TLS
from tests.network.place import Place, note_place, session_place
from tests.network.screens import FIELDS, Entry

NOTES = Path(__file__).parents[1] / "gateway" / "notes.py"
PATIENCE = 60.0
"""Seconds: tells a hub that hangs from a machine that is slow."""


@asynccontextmanager
async def hub_at(
    home: Path, *arguments: str, environment: Mapping[str, str] = MappingProxyType({}), **settings: Any
) -> AsyncIterator[DaemonProcess]:
    """Run a hub with the plugin of notes; `settings` are the gateway's."""
    (home / "plugins").mkdir(parents=True, exist_ok=True)
    shutil.copy(NOTES, home / "plugins" / "notes.py")
    bridge = {f"ATRIUM_BRIDGE__{name.upper()}": json.dumps(value) for name, value in settings.items()}
    async with running_daemon(home, *arguments, ready=True, **bridge, **environment) as daemon:
        yield daemon


def token_of(daemon: DaemonProcess) -> str:
    return (daemon.home / "run" / "token").read_text("ascii").strip()


def port_of(daemon: DaemonProcess) -> int:
    return int(daemon.url.rpartition(":")[2])


def session_at(daemon: DaemonProcess, session_id: str, port: int | None = None) -> Callable[[], Place]:
    """Return what finds a session, also after a restart; `port` is a proxy's."""
    return lambda: session_place(port or port_of(daemon), token_of(daemon), session_id)


def note_at(daemon: DaemonProcess, note: str, port: int | None = None) -> Callable[[], Place]:
    """Return what finds a note."""
    return lambda: note_place(port or port_of(daemon), token_of(daemon), note)


@asynccontextmanager
async def calls(daemon: DaemonProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of this run, with its token."""
    headers = {"Authorization": f"Bearer {token_of(daemon)}"}
    base = f"{daemon.url}/api/v1"
    async with httpx.AsyncClient(
        base_url=base, headers=headers, trust_env=False, verify=NO_TLS, timeout=PATIENCE
    ) as http:
        yield http


async def new_session(http: httpx.AsyncClient) -> str:
    answer = await http.post("/sessions", json={"providerId": "echo"})
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return str(answer.json()["sessionId"])


async def say(http: httpx.AsyncClient, session_id: str, content: str) -> dict[str, Any]:
    answer = await http.post(f"/sessions/{session_id}/messages", json={"content": content})
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    accepted: dict[str, Any] = answer.json()
    return accepted


async def history(http: httpx.AsyncClient, path: str) -> list[Entry]:
    """Return everything up to the head of `/sessions/<id>/events` or `/notes/<id>/entries`."""
    answer = await http.get(path, params={"after": "0"})
    assert answer.status_code == httpx.codes.OK, answer.text
    lines = [json.loads(line) for line in answer.content.split(b"\n") if line]
    return [{name: entry[name] for name in FIELDS} for entry in lines]


async def rested(http: httpx.AsyncClient, session_id: str, turns: int) -> list[Entry]:
    """Follow a session until so many of its turns have ended; return its history."""
    ended = 0
    params = {"after": "0", "follow": "true"}
    async with http.stream("GET", f"/sessions/{session_id}/events", params=params) as answer:
        rest = b""
        async for piece in answer.aiter_bytes():
            *lines, rest = (rest + piece).split(b"\n")
            ended += sum(_is_end(line) for line in lines)
            if ended >= turns:
                break
    return await history(http, f"/sessions/{session_id}/events")


def _is_end(line: bytes) -> bool:
    ends = (b"turn.completed.v1", b"turn.failed.v1", b"turn.cancelled.v1", b"turn.interrupted.v1")
    return any(b'"sessions.' + end + b'"' in line for end in ends)
