"""The desk: everything of the plugin that lives from its start to its stop."""

from __future__ import annotations

from pathlib import Path

from atrium.plugins.sessions.acts import Acts
from atrium.plugins.sessions.attachments import Attachments
from atrium.plugins.sessions.choosing import Chooser
from atrium.plugins.sessions.config import SessionsConfig
from atrium.plugins.sessions.control import Control
from atrium.plugins.sessions.creating import Creator
from atrium.plugins.sessions.documents import DELETIONS
from atrium.plugins.sessions.drafts import Drafts
from atrium.plugins.sessions.ledger import Ledger
from atrium.plugins.sessions.lifecycle import Lifecycle
from atrium.plugins.sessions.listing import Lists
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.recovery import Recovery
from atrium.plugins.sessions.sweeping import Sweeper
from atrium.plugins.sessions.switcher import Switcher
from atrium.plugins.sessions.transcript import Transcripts
from atrium.plugins.sessions.unused import Unused
from atrium.sdk import Context


class Desk:
    """The parts of the plugin, put together."""

    def __init__(self, context: Context, config: SessionsConfig) -> None:
        self._context = context
        self.transcripts = Transcripts(context, _folder(context.home, config))
        self.ledger = Ledger(context)
        self.acts = Acts(context.spawn)
        self.attachments = Attachments(context, self.ledger, config.attachment_limit)
        self.unused = Unused(context, self.ledger, self.attachments)
        self.mailboxes = Mailboxes(
            context, self.ledger, self.attachments, config.max_concurrent, summarise=config.summarise
        )
        self.sweeper = Sweeper(context, self.transcripts, self.attachments)
        self.lists = Lists()
        self.drafts = Drafts(context, self.ledger, self.attachments, config.max_draft_bytes)
        self.control = Control(context, self.ledger, self.mailboxes)
        self.creator = Creator(context, self.ledger, self.attachments)
        self.switcher = Switcher(context, self.ledger, self.mailboxes, self.control)
        self.chooser = Chooser(context, self.ledger, self.mailboxes)
        self.lifecycle = Lifecycle(context, self.ledger, self.mailboxes, self.sweeper)
        self.ledger.on_entries.append(self.transcripts.note)
        self.ledger.on_queued.append(self.mailboxes.kick)
        self.ledger.on_deleted.append(self.mailboxes.forget)

    async def open(self) -> None:
        """Put in order what the last stop left behind, and go on with queued turns."""
        recovery = Recovery(self._context, self.ledger)
        await self.attachments.open()
        for space in await self._context.storage.spaces(collection=DELETIONS):
            await self.sweeper.sweep_all(space)
        for space in await self._context.storage.spaces():
            for session_id in await recovery.recover(space):
                self.mailboxes.kick(space, session_id)
            self.transcripts.catch_up(space)
        await self.unused.open()

    async def drain(self) -> None:
        """Start no more turns and wait for those that run."""
        await self.mailboxes.drain()

    async def close(self) -> None:
        """End what still runs, as interrupted, and write the last lines of the transcripts."""
        self.lists.close()
        await self.mailboxes.stop()
        await self.acts.settle()
        await self.transcripts.close()


def _folder(home: Path | None, config: SessionsConfig) -> Path | None:
    return home / "sessions" if home is not None and config.persistence_format == "jsonl" else None
