"""The conversation on the screen: a window on its items that moves with the reader."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from atrium.app.tui.items import Fold, ItemView, view_of
from atrium.app.tui.timeline import Item, Timeline
from atrium.app.tui.words import Words

PAGE = 16
"""How many items are set at a time."""
MOST = 80
"""How many items are on the screen at most; those far from the reader are taken off it."""
NEAR = 2
"""How many screens from an end of the window the next page is set."""
PICTURE_SECONDS = 1 / 30


class ConversationView(VerticalScroll, can_focus=True):
    """Shows a timeline. It stays at the end only while the reader is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("space", "page_down", show=False),
        Binding("b", "page_up", show=False),
        Binding("g,home", "app.first", show=False),
        Binding("G,end", "app.latest", show=False),
        Binding("o", "app.open_lines", show=False),
    ]

    class WantsEarlier(Message):
        """The reader nears the beginning of what is here."""

    def __init__(self, words: Words) -> None:
        super().__init__(id="conversation")
        self._words = words
        self._timeline = Timeline()
        self._views: dict[Item, ItemView] = {}
        self._top = 0
        self._bottom = 0
        self._dirty: dict[Item, None] = {}
        self._scheduled = False
        self._moving = False
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()

    def on_mount(self) -> None:
        """Begin to work."""
        self.run_worker(self._run(), group="window")

    @property
    def at_latest(self) -> bool:
        """Tell whether the last item is set."""
        return self._bottom == len(self._timeline.items)

    def open(self, timeline: Timeline) -> None:
        """Show a conversation from its end."""
        self._work.put_nowait(lambda: self._open(timeline))

    def clear(self, words: str, timeline: Timeline | None = None) -> None:
        """Show a line where a conversation would be, or will be when something is said."""
        self._work.put_nowait(lambda: self._clear(words, timeline or Timeline()))

    def extend(self, timeline: Timeline) -> None:
        """Take in a conversation that begins earlier; what is on the screen stays where it is."""
        self._work.put_nowait(lambda: self._extend(timeline))

    def show_first(self) -> None:
        """Show the beginning of what is here."""
        self._work.put_nowait(self._show_first)

    def show_latest(self) -> None:
        """Show the end."""
        self._work.put_nowait(self._show_latest)

    def touch(self, items: Iterable[Item]) -> None:
        """Show items as they are now, soon: a burst of changes is one picture."""
        self._dirty.update(dict.fromkeys(items))
        if self._dirty and not self._scheduled:
            self._scheduled = True
            self.set_timer(PICTURE_SECONDS, lambda: self._work.put_nowait(self._show_dirty))

    async def open_lines(self) -> None:
        """Open all quiet lines on the screen, or fold them if one is open."""
        folds = [view for view in self._views.values() if isinstance(view, Fold)]
        opened = any(fold.opened for fold in folds)
        for fold in folds:
            if fold.opened == opened:
                await fold.action_toggle_detail()

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Set the next page when the reader comes near an end."""
        super().watch_scroll_y(old, new)
        if self._moving or not self._views:
            return
        if new < old and new < self._near:
            self._move(self._set_above)
        elif new > old and self.max_scroll_y - new < self._near and not self.at_latest:
            self._move(self._set_below)

    # ---- the window: one task changes it, one change after another

    async def _run(self) -> None:
        while True:
            work = await self._work.get()
            await work()

    @property
    def _near(self) -> int:
        return NEAR * self.size.height

    @property
    def _at_end(self) -> bool:
        return self.max_scroll_y - self.scroll_y <= 1

    def _move(self, work: Callable[[], Awaitable[None]]) -> None:
        self._moving = True

        async def move() -> None:
            try:
                await work()
                await self._laid_out()
            finally:
                self._moving = False
            self._go_on()

        self._work.put_nowait(move)

    def _go_on(self) -> None:
        """Set one more page for a reader who has reached an end of the window in the meantime."""
        if self._at_end and not self.at_latest:
            self._move(self._set_below)
        elif self.scroll_y <= 0 and self._top:
            self._move(self._set_above)

    async def _open(self, timeline: Timeline) -> None:
        await self._replace(timeline, len(timeline.items) - PAGE)
        self.anchor()
        await self._fill()

    async def _clear(self, words: str, timeline: Timeline) -> None:
        await self._replace(timeline, 0)
        await self.mount(Static(words, classes="empty", markup=False))
        self.anchor()

    async def _extend(self, timeline: Timeline) -> None:
        if not self._views:
            await self._open(timeline)
            return
        old, self._timeline = self._timeline.items, timeline
        first = old[self._top]
        last = old[self._bottom - 1]
        self._top, self._bottom = timeline.place(first), timeline.place(last) + 1
        await self._set_missing()
        await self._set_above()
        await self._fill()

    async def _set_missing(self) -> None:
        """Set what turned out to belong between what is set: a question that was asked long before its turn."""
        following: ItemView | None = None
        for item in reversed(self._timeline.items[self._top : self._bottom]):
            view = self._views.get(item)
            if view is None:
                view = self._views[item] = view_of(item, self._timeline, self._words)
                await self.mount(view, before=following)
            following = view

    async def _show_first(self) -> None:
        self.release_anchor()
        await self._replace(self._timeline, 0)
        self.scroll_home(animate=False)

    async def _show_latest(self) -> None:
        if self.at_latest:
            self.anchor()
        else:
            await self._open(self._timeline)

    async def _fill(self) -> None:
        """Set pages above until there is enough to scroll."""
        await self._laid_out()
        while self._top and self.virtual_size.height < self._near:
            await self._set_above()
        if not self._top and self._views and self.virtual_size.height < self._near:
            self.post_message(self.WantsEarlier())

    async def _set_above(self) -> None:
        start = max(self._top - PAGE, 0)
        if start == self._top:
            self.post_message(self.WantsEarlier())
            return
        at_end, before = self._at_end, self.virtual_size.height
        views = self._make(start, self._top)
        self._top = start
        await self.mount_all(views, before=0)
        await self._laid_out()
        if not at_end:
            self._shift(self.virtual_size.height - before)
            await self._take_off(self._bottom - self._top - MOST, below=True)

    async def _set_below(self) -> None:
        end = min(self._bottom + PAGE, len(self._timeline.items))
        views = self._make(self._bottom, end)
        self._bottom = end
        await self.mount_all(views)
        await self._laid_out()
        before = self.virtual_size.height
        await self._take_off(self._bottom - self._top - MOST, below=False)
        await self._laid_out()
        self._shift(self.virtual_size.height - before)

    async def _laid_out(self) -> None:
        """Wait until what was set has its place."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()

    def _shift(self, lines: int) -> None:
        if lines:
            self.scroll_to(y=self.scroll_y + lines, animate=False, immediate=True, force=True, release_anchor=False)

    async def _take_off(self, count: int, *, below: bool) -> None:
        if count <= 0:
            return
        if below:
            items = self._timeline.items[self._bottom - count : self._bottom]
            self._bottom -= count
        else:
            items = self._timeline.items[self._top : self._top + count]
            self._top += count
        await self.remove_children([self._views.pop(item) for item in items if item in self._views])

    async def _replace(self, timeline: Timeline, start: int) -> None:
        with self.app.batch_update():
            await self.remove_children()
            self._timeline, self._views = timeline, {}
            self._top = max(start, 0)
            self._bottom = min(self._top + PAGE, len(timeline.items))
            if timeline.items:
                await self.mount_all(self._make(self._top, self._bottom))

    def _make(self, start: int, end: int) -> list[ItemView]:
        items = [item for item in self._timeline.items[start:end] if item not in self._views]
        views = [view_of(item, self._timeline, self._words) for item in items]
        self._views.update(zip(items, views, strict=True))
        return views

    # ---- what changes

    async def _show_dirty(self) -> None:
        self._scheduled = False
        dirty, self._dirty = self._dirty, {}
        for item in dirty:
            view = self._views.get(item)
            if view is not None:
                await view.renew(self._timeline)
        await self._set_new()

    async def _set_new(self) -> None:
        """Set items that came at the end; for a reader who is far above they are set when the reader comes down."""
        at_end = self._at_end
        new = len(self._timeline.items) - self._bottom
        if not new or (not at_end and self._bottom - self._top >= MOST):
            return
        if new > MOST:
            await self._show_latest()
            return
        if not self._views:
            await self.remove_children()
        views = self._make(self._bottom, self._bottom + new)
        self._bottom += new
        await self.mount_all(views)
        if at_end:
            await self._take_off(self._bottom - self._top - MOST, below=False)
