"""The full-screen terminal: one screen of two places, the sessions and the open conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, OptionList, Static

from atrium.app.text import shortened
from atrium.app.tui.acts import Acts, show_problem
from atrium.app.tui.conversation_pane import ConversationPane
from atrium.app.tui.deletions import UNDO_SECONDS, Deletions
from atrium.app.tui.edges import KeyLine, TopBar
from atrium.app.tui.palette import Commands
from atrium.app.tui.questions import KeySheet
from atrium.app.tui.session_list import SessionList
from atrium.app.tui.session_rows import title_of
from atrium.app.tui.taste import Taste
from atrium.app.tui.themes import themes
from atrium.app.tui.told import error_told
from atrium.app.tui.words import Words, devices_in_words
from atrium.client import Client, ClientError, ConnectionLost, ConnectionState, NotRunning
from atrium.contracts.sessions import Session
from atrium.sync import SnapshotEnvelope, SyncErrorContext

_PAUSE = 0.5
"""Seconds before the list is asked for again when the hub did not answer."""


class TerminalApp(App[int]):
    """The terminal of one person at one hub."""

    CSS_PATH = "screen.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Commands}
    COMMAND_PALETTE_BINDING = "ctrl+k"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+r", "retry", show=False, priority=True),
        Binding("ctrl+n", "new", show=False, priority=True),
        Binding("ctrl+l", "go_list", show=False, priority=True),
        Binding("f1", "keys", show=False, priority=True),
        Binding("f2", "rename", show=False, priority=True),
        Binding("escape", "back", show=False),
        Binding("question_mark", "keys", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "new", show=False),
        Binding("e", "rename", show=False),
        Binding("d", "delete", show=False),
        Binding("u", "undo", show=False),
        Binding("i", "write", show=False),
        Binding("q", "quit", show=False),
    ]

    def __init__(
        self,
        client: Client,
        words: Words,
        *,
        taste: Taste,
        theme: str | None = None,
        session_id: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
        self.animation_level = "none"  # over ssh each picture costs
        for one in themes():
            self.register_theme(one)
        self.theme = theme or taste.theme
        self.words = words
        self.listed: tuple[Session, ...] = ()
        self._known: tuple[Session, ...] | None = None
        self._client = client
        self._taste = taste
        self._first = session_id
        self._now = now
        self._acts = Acts(self, client, words)
        self._deletions = Deletions(client, self._not_deleted)

    def compose(self) -> ComposeResult:
        """Show the two places between a line of state and a line of keys."""
        yield TopBar(self.words, self._now)
        with Horizontal(id="places"):
            with Vertical(id="side"):
                yield Input(placeholder=f"/ {self.words.search}", id="search", compact=True)
                yield Static(self.words.loading, id="empty", markup=False)
                yield SessionList(self.words, self._now)
            yield ConversationPane(self._client, self.words)
        yield KeyLine(self.words)

    async def on_mount(self) -> None:
        """Begin to follow the hub."""
        self._client.connection.on_state(self._connection_changed)
        self._connection_changed(self._client.connection.state)
        self.run_worker(self._follow_list(), group="list")
        await self.pane.close(self.words.nothing_open)
        if self._first is not None:
            await self.action_open(self._first)
        else:
            self.sessions.focus()

    @property
    def pane(self) -> ConversationPane:
        """Return the side with the conversation."""
        return self.screen_stack[0].query_one(ConversationPane)

    @property
    def sessions(self) -> SessionList:
        """Return the list of sessions."""
        return self.screen_stack[0].query_one(SessionList)

    @property
    def search(self) -> Input:
        """Return where words to search for are typed."""
        return self.screen_stack[0].query_one("#search", Input)

    @property
    def _shown(self) -> bool:
        """Tell whether there is a screen: the last news may come while it is being taken down."""
        return self.is_running and bool(self.screen_stack)

    # ---- what the hub says

    async def _follow_list(self) -> None:
        while True:
            try:
                async with self._client.topic("sessions", self._take_list, on_error=self._list_failed):
                    await asyncio.Event().wait()
            except (NotRunning, ConnectionLost):
                await asyncio.sleep(_PAUSE)

    def _list_failed(self, context: SyncErrorContext) -> None:
        """Say that the list stays as it was; the next change or connection reads it again."""
        told = self.words.list_not_read.format(problem=shortened(error_told(context.error, self.words), 300))
        self.notify(told, severity="error", markup=False)

    def _take_list(self, snapshot: SnapshotEnvelope[Any]) -> None:
        # A newer hub may say more than this program knows.
        self._known = tuple(Session.model_validate(one, extra="ignore") for one in snapshot.data)
        if self._shown:
            self._show_list()

    def _show_list(self) -> None:
        self.listed = tuple(one for one in self._known or () if one.id not in self._deletions)
        self.sessions.show(self.listed)
        if self.pane.session_id is not None:
            self.pane.describe(self._find(self.pane.session_id))
        self._tell()

    def _connection_changed(self, state: ConnectionState) -> None:
        if self._shown:
            self.screen_stack[0].query_one(TopBar).enter(state)
            self.pane.tell()

    def _find(self, session_id: str | None) -> Session | None:
        return next((one for one in self.listed if one.id == session_id), None)

    # ---- what is said at the edges of the screen

    @on(SessionList.Shown)
    def _tell_empty(self, event: SessionList.Shown) -> None:
        if not self._shown:
            return
        empty = self.screen_stack[0].query_one("#empty", Static)
        loading = self._known is None
        told = self.words.nothing_found if self.search.value else self.words.nothing_yet
        empty.update(self.words.loading if loading else told)
        empty.display = event.count == 0

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say which keys there are where the person is now."""
        self._tell()

    def _tell(self) -> None:
        if not self._shown:
            return
        screen = self.screen_stack[0]
        session = self._find(self.pane.session_id)
        reading = screen.has_class("reading") or screen.has_class("-wide")
        if session is not None and reading:
            title = f"{title_of(session, self.words)}  ·  {session.provider_id}{self._elsewhere()}"
        else:
            title = self.words.do_new if self.pane.beginning and reading else self.words.sessions
        screen.query_one(TopBar).tell(title)
        screen.query_one(KeyLine).tell(screen.focused, busy=self.pane.busy)

    def _elsewhere(self) -> str:
        """Say on which other devices the session is open, as long as the hub tells."""
        devices = self.pane.elsewhere
        if not devices or self._client.connection.state is not ConnectionState.ONLINE:
            return ""
        return f"  ·  {self.words.also_open.format(devices=devices_in_words(devices, self.words))}"

    # ---- going about

    @on(OptionList.OptionSelected, "#sessions")
    async def _selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            await self.action_open(event.option_id)

    @on(ConversationPane.Created)
    async def _created(self, event: ConversationPane.Created) -> None:
        await self.action_open(event.session_id)

    @on(ConversationPane.Gone)
    async def _gone(self, event: ConversationPane.Gone) -> None:
        if not self._shown:
            return
        await self.pane.close(shortened(error_told(event.problem, self.words), 400))
        await self.action_go_list()

    @on(ConversationPane.Told)
    def _told(self) -> None:
        self._tell()

    @on(Input.Changed, "#search")
    def _search_changed(self, event: Input.Changed) -> None:
        self.sessions.search(event.value)

    @on(Input.Submitted, "#search")
    def _search_done(self) -> None:
        self.sessions.focus()

    async def action_open(self, session_id: str) -> None:
        """Open a session."""
        self._go("reading")
        self.sessions.open_id = session_id
        await self.pane.open(session_id, self._find(session_id))
        self.sessions.fill()
        self.sessions.choose(session_id)
        self._tell()

    async def action_go_list(self) -> None:
        """Go to the list of sessions."""
        self._go("")
        self.sessions.focus()
        self._tell()

    def action_search(self) -> None:
        """Go to where sessions are searched."""
        self._go("")
        self.search.focus()

    def action_write(self) -> None:
        """Go to the composer."""
        if not self.pane.composer.disabled:
            self._go("reading")
            self.pane.composer.focus()

    async def action_back(self) -> None:
        """Leave what is being done: a search, a message on its way, an answer; else go to the list."""
        if isinstance(self.focused, Input) or (self.focused is self.sessions and self.search.value):
            self.search.value = ""
            self.sessions.focus()
        elif self.pane.take_back():
            self.pane.composer.focus()
        elif self.pane.busy and self.focused is not self.sessions:
            await self._cancel()
        else:
            await self.action_go_list()

    def _go(self, place: str) -> None:
        self.screen_stack[0].set_class(place == "reading", "reading")

    # ---- doing things

    async def action_interrupt(self) -> None:
        """Cancel the answer; if none comes, say how to leave."""
        if not self.pane.take_back() and not await self._cancel():
            self.notify(self.words.quit_hint, markup=False)

    async def _cancel(self) -> bool:
        session_id = self.pane.session_id
        if session_id is None or not self.pane.busy:
            return False
        await self._acts.cancel(session_id)
        return True

    async def action_retry(self) -> None:
        """Run the last answer again that failed or was cut."""
        session_id, turn = self.pane.session_id, self.pane.timeline.repeatable
        if session_id is None or turn is None:
            self.notify(self.words.nothing_to_retry, markup=False)
        else:
            await self._acts.retry(session_id, turn.id)

    def action_switch_provider(self, provider: str = "") -> None:
        """Let another provider answer from here on, and what failed last as well."""
        session_id, turn = self.pane.session_id, self.pane.timeline.repeatable
        if session_id is not None:
            retry = turn is not None and turn.status == "failed"
            switching = self._acts.switch_provider(session_id, provider, retry=retry)
            self.run_worker(switching, group="provider", exclusive=True)

    @on(ConversationPane.ProviderWanted)
    def _provider_wanted(self, event: ConversationPane.ProviderWanted) -> None:
        self.action_switch_provider(event.provider)

    @on(ConversationPane.ChoiceWanted)
    def _choice_wanted(self, event: ConversationPane.ChoiceWanted) -> None:
        choosing = self._acts.choose(event.session_id, event.kind, event.value)
        self.run_worker(choosing, group="choice", exclusive=True)

    async def action_new(self) -> None:
        """Begin a new session: ask who answers if there is a choice."""
        self.run_worker(self._begin(), group="new", exclusive=True)

    async def _begin(self) -> None:
        chosen = await self._acts.choose_provider()
        if chosen is not None:
            self._go("reading")
            self.sessions.open_id = None
            await self.pane.begin(chosen)
            self._tell()

    async def action_rename(self) -> None:
        """Give the session another title."""
        session = self._find(self._meant())
        if session is not None:
            self.run_worker(self._acts.rename(session), group="rename", exclusive=True)

    async def action_delete(self) -> None:
        """Delete the session; for a while it can be brought back."""
        session = self._find(self._meant())
        if session is None:
            return
        title = title_of(session, self.words)
        settle = self._deletions.add(session.id, title)
        self.set_timer(UNDO_SECONDS, settle)
        if session.id == self.pane.session_id:
            await self.pane.close(self.words.nothing_open)
            await self.action_go_list()
        self._show_list()
        self.notify(self.words.deleted.format(title=shortened(title, 40)), timeout=UNDO_SECONDS, markup=False)

    async def action_undo(self) -> None:
        """Bring back the session that was deleted last."""
        back = self._deletions.bring_back()
        if back is None:
            self.notify(self.words.nothing_to_undo, markup=False)
            return
        self.clear_notifications()
        self._show_list()
        self.sessions.choose(back[0])
        self.notify(self.words.brought_back.format(title=shortened(back[1], 40)), markup=False)

    def _meant(self) -> str | None:
        """Return the session that is meant: in the list the one under the cursor, else the open one."""
        return self.sessions.chosen if self.focused is self.sessions else self.pane.session_id

    def _not_deleted(self, session_id: str, error: ClientError) -> None:
        show_problem(self, error, self.words)
        self._show_list()

    # ---- small things

    def action_latest(self) -> None:
        """Go to the end of the conversation."""
        self.pane.view.show_latest()

    async def action_first(self) -> None:
        """Go to the beginning of the conversation."""
        await self.pane.show_first()

    async def action_open_lines(self) -> None:
        """Open thinking and tools, or fold them."""
        await self.pane.view.open_lines()

    def action_theme(self, name: str) -> None:
        """Use another theme, now and from now on."""
        self.theme = name
        try:
            self._taste.choose(name)
        except OSError as error:
            self.notify(self.words.theme_not_kept.format(problem=error.strerror), severity="warning", markup=False)

    async def action_keys(self) -> None:
        """Show the sheet of keys."""
        await self.push_screen(KeySheet(self.words))

    def action_command_palette(self) -> None:
        """Search commands and sessions."""
        if not isinstance(self.screen, CommandPalette):
            _ = self.push_screen(CommandPalette(placeholder=self.words.commands, id="--command-palette"))

    async def action_quit(self) -> None:
        """Leave; what was deleted and not brought back is deleted for good."""
        await self._deletions.settle_all()
        self.exit(0)
