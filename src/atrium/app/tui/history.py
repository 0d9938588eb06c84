"""Reading a history from its end: the last entries first, earlier ones when they are asked for."""

from __future__ import annotations

from contextlib import aclosing

from atrium.client import Client, Entry

ENOUGH = 300
"""How many entries make a page worth showing."""

_FIRST_SPAN = 1_000_000
_WIDER = 4


class History:
    """A session's entries from some point on, oldest first.

    The hub answers entries beyond an offset up to the head. Offsets grow with time, unevenly, so a page is found by
    asking from ever further back until there is enough of it.
    """

    def __init__(self, client: Client, session_id: str, head: int) -> None:
        self._client = client
        self._session_id = session_id
        self._from = head
        self._span = _FIRST_SPAN
        self.entries: list[Entry] = []

    @property
    def whole(self) -> bool:
        """Tell whether the beginning is here."""
        return self._from == 0

    def add(self, entry: Entry) -> None:
        """Keep a live entry. Pieces of a text are kept until the whole of it comes."""
        if self.entries and entry.offset <= self.entries[-1].offset:
            return
        if entry.type.endswith(".completed.v1") and "messageId" in entry.data:
            whole = entry.data["messageId"]
            self.entries = [one for one in self.entries if not (one.hint and one.data["messageId"] == whole)]
        self.entries.append(entry)

    async def read_earlier(self) -> None:
        """Read one more page before what is here, at first the last one; raises what the client raises."""
        found: list[Entry] = []
        start, span = self._from, self._span
        while start > 0 and len(found) < ENOUGH:
            start, span = max(start - span, 0), span * _WIDER
            found = await self._read(start)
        self.entries[:0] = found
        self._from, self._span = start, max(span // _WIDER**2, _FIRST_SPAN)

    async def read_all(self) -> None:
        """Read all that was before what is here."""
        if not self.whole:
            self.entries[:0] = await self._read(0)
            self._from = 0

    async def _read(self, start: int) -> list[Entry]:
        """Return entries beyond an offset up to those that are here."""
        known = self.entries[0].offset if self.entries else None
        found: list[Entry] = []
        async with aclosing(self._client.events(self._session_id, after=start)) as entries:
            async for entry in entries:
                if known is not None and entry.offset >= known:
                    break
                found.append(entry)
        return found
