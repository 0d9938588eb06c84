"""The right-hand side of the screen: the open conversation, what it waits for, and the composer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from atrium.app.chat.beginning import create_session
from atrium.app.text import shortened
from atrium.app.tui.acts import show_problem
from atrium.app.tui.composer import Composer
from atrium.app.tui.conversation_view import ConversationView
from atrium.app.tui.items import reason_of
from atrium.app.tui.outbox import Letter, Outbox
from atrium.app.tui.room import Room
from atrium.app.tui.timeline import Item, Timeline
from atrium.app.tui.words import Words, counted
from atrium.client import Client, ClientError, ConnectionState
from atrium.contracts.followers import Device
from atrium.contracts.sessions import Session

NEW = ""
"""Where the draft of a session lies that does not exist yet."""


class ConversationPane(Vertical):
    """Shows one session, and takes what is written to it."""

    class Created(Message):
        """The first message of a new session has created it."""

        def __init__(self, session_id: str) -> None:
            super().__init__()
            self.session_id = session_id

    class Told(Message):
        """What the conversation waits for has changed."""

    class ProviderWanted(Message):
        """Another provider is to answer; `provider` is empty if the person is to be asked which."""

        def __init__(self, provider: str) -> None:
            super().__init__()
            self.provider = provider

    class ChoiceWanted(Message):
        """Another model or mode is wished for; `value` is empty if the person is to be asked which."""

        def __init__(self, session_id: str, kind: str, value: str) -> None:
            super().__init__()
            self.session_id, self.kind, self.value = session_id, kind, value

    class Gone(Message):
        """The open session was deleted elsewhere, or cannot be read."""

        def __init__(self, problem: ClientError | None) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self, client: Client, words: Words) -> None:
        super().__init__(id="pane")
        self._client = client
        self._words = words
        self._room: Room | None = None
        self._drafts: dict[str, str] = {}
        self._outbox = Outbox(client, self.tell, self._refused)
        self._session: Session | None = None
        self._provider = ""
        self._creating = False
        self.elsewhere: tuple[Device, ...] = ()
        """The other devices on which the session is open."""

    def compose(self) -> ComposeResult:
        """Show the parts."""
        yield ConversationView(self._words)
        yield Static(id="notice", markup=False)
        yield Composer()

    def on_mount(self) -> None:
        """Begin to send what is posted."""
        self.run_worker(self._outbox.run(), group="outbox")
        self.query_one(Composer).disabled = True

    @property
    def session_id(self) -> str | None:
        """Return the id of the open session."""
        return None if self._room is None else self._room.session_id

    @property
    def timeline(self) -> Timeline:
        """Return the conversation as far as it was read."""
        return Timeline() if self._room is None else self._room.timeline

    @property
    def busy(self) -> bool:
        """Tell whether there is something that Esc cancels: an answer that comes, or one that was interrupted."""
        return self.timeline.running is not None or self._is_stuck()

    @property
    def beginning(self) -> bool:
        """Tell whether a new session is about to begin."""
        return self._room is None and bool(self._provider)

    # ---- coming and going

    async def open(self, session_id: str, session: Session | None) -> None:
        """Show a session from its end."""
        if session_id != self.session_id:
            self._keep_draft()
            self.view.clear(self._words.loading)
            self._room = Room(self._client, session_id, self)
            self.run_worker(self._room.run(), group="room", exclusive=True)
            self.elsewhere = ()
            watching = self._client.watch_devices(f"sessions/{session_id}", self._take_devices)
            self.run_worker(watching, group="devices", exclusive=True)
            self.composer.write(self._drafts.pop(session_id, ""))
        self.describe(session)
        self.composer.focus()

    async def begin(self, provider: str) -> None:
        """Show a session that its first message will create."""
        await self.close(self._words.nothing_said)
        self._provider = provider
        self.composer.write(self._drafts.pop(NEW, ""))
        self.describe(None)
        self.composer.focus()

    async def close(self, words: str) -> None:
        """Show nothing but a line of words."""
        self._keep_draft()
        self.workers.cancel_group(self, "room")
        self.workers.cancel_group(self, "devices")
        self.elsewhere = ()
        self._room, self._session, self._provider = None, None, ""
        self.view.clear(words)
        self.describe(None)

    def describe(self, session: Session | None) -> None:
        """Take in what the list says about the open session."""
        self._session = session
        if session is not None:
            self._provider = session.provider_id
        stopped = session is not None and session.status == "stopped"
        self.composer.disabled = stopped or (self._room is None and not self._provider)
        self.composer.display = self._room is not None or bool(self._provider)
        self.composer.placeholder = self._words.write_here.format(provider=self._provider) if self._provider else ""
        self.tell()

    @property
    def view(self) -> ConversationView:
        """Return the conversation on the screen."""
        return self.query_one(ConversationView)

    @property
    def composer(self) -> Composer:
        """Return where messages are written."""
        return self.query_one(Composer)

    def _take_devices(self, devices: tuple[Device, ...]) -> None:
        self.elsewhere = devices
        self.post_message(self.Told())

    # ---- what the room says

    async def opened(self, timeline: Timeline) -> None:
        """Show a conversation from its end."""
        if timeline.items:
            self.view.open(timeline)
        else:
            self.view.clear(self._words.nothing_said, timeline)
        self.tell()

    def changed(self, items: Iterable[Item]) -> None:
        """Show what is new."""
        self.view.touch(items)
        self.tell()

    def gone(self, problem: ClientError | None) -> None:
        """Say that nothing more comes."""
        self.post_message(self.Gone(problem))

    async def on_conversation_view_wants_earlier(self) -> None:
        """Read what was before."""
        room = self._room
        if room is not None and not room.reading:
            self.run_worker(self._read_earlier(room), group="earlier")

    async def show_first(self) -> None:
        """Show the beginning of the conversation, read first as far as it is missing."""
        room = self._room
        if room is not None:
            await self._read_earlier(room, everything=True)
            self.view.show_first()

    async def _read_earlier(self, room: Room, *, everything: bool = False) -> None:
        try:
            more = await room.read_earlier(everything=everything)
        except ClientError as error:
            show_problem(self.app, error, self._words)
        else:
            if more and room is self._room:
                self.view.extend(room.timeline)

    # ---- what is written

    async def on_composer_sent(self, event: Composer.Sent) -> None:
        """Send a message; the first one creates its session."""
        if self._room is None:
            if not self._creating:
                self._creating = True
                self.run_worker(self._create(event.content), group="creating")
            return
        self.composer.write("")
        word, _, rest = event.content.partition(" ")
        if word == "/provider":
            self.post_message(self.ProviderWanted(rest.strip()))
            return
        if word in {"/model", "/mode"}:
            self.post_message(self.ChoiceWanted(self._room.session_id, word[1:], rest.strip()))
            return
        self._outbox.post(self._room.session_id, event.content)
        self.view.show_latest()

    async def _create(self, content: str) -> None:
        try:
            session_id = await create_session(self._client, self._provider, content)
        except ClientError as error:
            show_problem(self.app, error, self._words)
            return
        finally:
            self._creating = False
        self.composer.write("")
        self._outbox.post(session_id, content)
        self.post_message(self.Created(session_id))

    def take_back(self) -> bool:
        """Put a message that is not sent yet back into the composer; tell whether there was one."""
        content = self._outbox.take_back(self.session_id or NEW)
        if content is None:
            return False
        self.composer.write("\n".join(part for part in (content, self.composer.text) if part))
        return True

    def _refused(self, letter: Letter, error: ClientError) -> None:
        show_problem(self.app, error, self._words)
        if letter.session_id == self.session_id and not self.composer.text:
            self.composer.write(letter.content)
        else:
            self._drafts.setdefault(letter.session_id, letter.content)

    def _keep_draft(self) -> None:
        if text := self.composer.text:
            self._drafts[self.session_id or NEW] = text
        self.composer.write("")

    # ---- what it waits for

    def tell(self) -> None:
        """Say what the conversation waits for, in one line above the composer."""
        notice = self.query_one("#notice", Static)
        content = self._notice()
        notice.update(content)
        notice.display = bool(content.plain)
        self.post_message(self.Told())

    def _notice(self) -> Content:
        words, letters = self._words, self._outbox.waiting(self.session_id or NEW)
        if letters:
            offline = self._client.connection.state is not ConnectionState.ONLINE
            told = words.sending_offline if offline else words.sending
            return Content.styled(told.format(text=shortened(letters[-1].content, 60)), "$warning" if offline else "")
        if self._session is not None and self._session.status == "stopped":
            return Content.styled(words.stopped_here, "$muted")
        if self._is_stuck():
            return Content.styled(_also(words.stuck, self._queue()), "$warning")
        running = self.timeline.running
        if running is not None and running.retrying is not None:
            return Content.styled(_also(_asked_again(words, running.retrying), self._queue()), "$warning")
        if running is not None:
            return Content.styled(_also(words.answering.format(provider=self._provider), self._queue()), "$accent")
        told = self._queue() or (words.can_retry if self.timeline.repeatable is not None else "")
        return Content.styled(told, "$muted")

    def _queue(self) -> str:
        queue = self.timeline.queue
        if not queue:
            return ""
        return counted(self._words, self._words.waiting, len(queue), next=shortened(queue[0], 40))

    def _is_stuck(self) -> bool:
        turn = self._session.turn if self._session is not None else None
        if turn is None or turn.status != "interrupted":
            return False
        known = self.timeline.conversation.turns.get(turn.id)
        return known is None or known.status == "interrupted"


def _asked_again(words: Words, retrying: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(str(retrying["retryAt"])).astimezone()
    return words.asked_again.format(reason=reason_of(retrying["problem"], words), time=f"{at:%H:%M:%S}")


def _also(told: str, more: str) -> str:
    return f"{told}  {more}" if more else told
