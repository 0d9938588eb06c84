"""The fan-out benchmark's plugin: what a frame says becomes an entry of a stream, or a change of a topic.

Dropped into `<home>/plugins/` of a real hub. A hint is shown the way a streamed answer is (the frames of message
deltas, with the seed's fields beside), a durable entry the way a message is: after its commit.
"""

from __future__ import annotations

from typing import Any

from atrium.contracts.sessions import MessageDelta
from atrium.sdk import EntryStream, Manifest, NewEntry, Plugin, Principal, Topic, frame, route

STREAM = "fanout/load"
ADDED = "fanout.load.added.v1"
AT_ONCE = 1000


class Fanout(Plugin):
    """Publishes what it is told to."""

    manifest = Manifest(name="fanout", version="1.0.0", description="Publishes for a benchmark.")
    topics = (Topic("fanout/{key}"),)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._index = 0

    @route("POST", "/fanout", status=201)
    async def begin(self, caller: Principal, streams: int = 1) -> dict[str, str]:
        """Begin a run over so many streams; returns the offset from which the last one can be followed."""
        offset = 0
        names = [STREAM] if streams == 1 else [f"{STREAM}-{number}" for number in range(streams)]
        for done in range(0, streams, AT_ONCE):
            async with self.storage.of(caller.space).batch() as batch:
                for name in names[done : done + AT_ONCE]:
                    (offset,) = batch.append(name, [NewEntry("fanout.load.begun.v1", {})], trims=["m"])
        return {"offset": str(offset)}

    @route("POST", "/fanout/history", status=201)
    async def fill(self, caller: Principal, content: str, count: int) -> dict[str, str]:
        """Append so many durable entries; returns the offset before them."""
        begun = await self.begin(caller)
        for done in range(0, count, AT_ONCE):
            news = [NewEntry(ADDED, {"content": content})] * min(AT_ONCE, count - done)
            async with self.storage.of(caller.space).batch() as batch:
                batch.append(STREAM, news)
        return begun

    @frame("fanout:publish")
    async def publish(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> None:
        """Append an entry, as a hint or durably."""
        storage, content, stream = self.storage.of(caller.space), payload["content"], payload["stream"]
        if payload["durable"]:
            async with storage.batch() as batch:
                batch.append(stream, [NewEntry(ADDED, {"content": content})])
            return
        self._index += 1
        data = {"messageId": "m", "turnId": "t", "index": self._index, "role": "assistant", "content": content}
        storage.hint(stream, "m", [NewEntry(MessageDelta.type, data)])

    @frame("fanout:change")
    async def change(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> None:
        """Store a document, each of which is a topic."""
        await self.storage.of(caller.space).set(payload["key"], {"content": payload["content"]})

    @route("GET", "/fanout/entries")
    async def entries(self, caller: Principal, after: int = 0, follow: bool = False) -> EntryStream:
        """Return the stream."""
        return EntryStream(caller.space, STREAM, after, follow)
