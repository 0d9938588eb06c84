"""Reading a history from its end: the last entries first, earlier ones when they are asked for."""

from __future__ import annotations

from atrium.client import Client, Entry


class History:
    """A session's entries from some point on, oldest first: at first none of those below `before`."""

    def __init__(self, client: Client, session_id: str, before: int | None = None) -> None:
        self._client = client
        self._session_id = session_id
        self._before = before
        self.whole = False
        self.entries: list[Entry] = []

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
        page = await self._client.earlier(self._session_id, before=self._before)
        self.whole = not page or page[0].prev == 0
        if page:
            self.entries[:0] = page
            self._before = page[0].offset

    async def read_all(self) -> None:
        """Read all that was before what is here."""
        while not self.whole:
            await self.read_earlier()
