"""The fan-out benchmark's plugin: what a frame says becomes an entry of one stream.

Dropped into `<home>/plugins/` of a real hub. A hint is shown the way a streamed answer is (the frames of message
deltas, with the seed's fields beside), a durable entry the way a message is: after its commit.
"""

from __future__ import annotations

from typing import Any

from atrium.contracts.sessions import MessageDelta
from atrium.sdk import EntryStream, Manifest, NewEntry, Plugin, Principal, frame, route

STREAM = "fanout/load"


class Fanout(Plugin):
    """Publishes what it is told to."""

    manifest = Manifest(name="fanout", version="1.0.0", description="Publishes for a benchmark.")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._index = 0

    @route("POST", "/fanout", status=201)
    async def begin(self, caller: Principal) -> dict[str, str]:
        """Begin a run; returns the offset from which it can be followed."""
        async with self.storage.of(caller.space).batch() as batch:
            (offset,) = batch.append(STREAM, [NewEntry("fanout.load.begun.v1", {})], trims=["m"])
        return {"offset": str(offset)}

    @frame("fanout:publish")
    async def publish(self, caller: Principal, session_id: str | None, payload: dict[str, Any]) -> None:
        """Append an entry, as a hint or durably."""
        storage, content = self.storage.of(caller.space), payload["content"]
        if payload["durable"]:
            async with storage.batch() as batch:
                batch.append(STREAM, [NewEntry("fanout.load.added.v1", {"content": content})])
            return
        self._index += 1
        data = {"messageId": "m", "turnId": "t", "index": self._index, "role": "assistant", "content": content}
        storage.hint(STREAM, "m", [NewEntry(MessageDelta.type, data)])

    @route("GET", "/fanout/entries")
    async def entries(self, caller: Principal, after: int = 0, follow: bool = False) -> EntryStream:
        """Return the stream."""
        return EntryStream(caller.space, STREAM, after, follow)
