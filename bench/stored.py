"""What the storage benchmarks store, the same for ours and for the references."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.sdk import ABSENT, Manifest, NewEntry, Plugin, Topic
from atrium.sdk.ids import IdSource

SPACE = "user/bench"
NAME = "bench"
DOCUMENT: dict[str, Any] = {"text": "x" * 174, "number": 12345}
"""200 bytes of JSON."""


class Bench(Plugin):
    """Stores documents in namespaces of its own; those of `activity` are shown in a list and one by one."""

    manifest = Manifest(name=NAME, version="1.0.0", description="What benchmarks store.")
    topics = (
        Topic("bench", collection="activity", shows=("status", "messageCount")),
        Topic("bench/{key}", collection="activity"),
    )


@asynccontextmanager
async def plugin_on(path: Path) -> AsyncIterator[Bench]:
    """Run the plugin over a database at this path."""
    runtime = CoreRuntime(SQLiteStorageAdapter(path))
    plugin = Bench(runtime)
    await runtime.plugin_manager.load_plugin(plugin)
    await runtime.start()
    try:
        yield plugin
    finally:
        await runtime.stop()


@dataclass(frozen=True, slots=True)
class Message:
    """What one accepted message stores, all in one commit."""

    session: str
    token_key: str
    token: dict[str, Any]
    turn: dict[str, Any]
    activity: dict[str, Any]
    entry: NewEntry

    async def store(self, plugin: Bench) -> None:
        """Store it through the API that plugins use."""
        async with plugin.storage.of(SPACE).batch() as batch:
            batch.require(self.token_key, ABSENT, collection="tokens")
            batch.set(self.token_key, self.token, collection="tokens")
            batch.set(self.turn["id"], self.turn, collection="turns")
            batch.set(self.session, self.activity, collection="activity")
            batch.append(f"{NAME}/{self.session}", [self.entry])


class Note(Message):
    """The least that a message can store: what happened, and the document that its topics show."""

    async def store(self, plugin: Bench) -> None:
        """Store it through the API that plugins use."""
        async with plugin.storage.of(SPACE).batch() as batch:
            batch.set(self.session, self.activity, collection="activity")
            batch.append(f"{NAME}/{self.session}", [self.entry])


class Writer:
    """One of many concurrent writers; its ids are made before anything is timed."""

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self._said = 0
        self.session = ids()

    def message(self, kind: type[Message] = Message) -> Message:
        """Return a new message of this writer's session."""
        self._said += 1
        message_id, turn_id, session = self._ids(), self._ids(), self.session
        ids = {"messageId": message_id, "turnId": turn_id}
        return kind(
            session=session,
            token_key=f"{session}/{message_id}",
            token={"digest": "0" * 32, "offset": "1795255200000000", **ids},
            turn={"id": turn_id, "sessionId": session, "messageId": message_id, "status": "queued"},
            activity={"status": "active", "messageCount": self._said, "updatedAt": "2026-11-21T10:00:00.000Z"},
            entry=NewEntry("bench.message.added.v1", {**ids, "role": "user", "content": "x" * 80}),
        )
