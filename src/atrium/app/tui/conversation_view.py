"""The conversation on the screen: a window on its items that moves with the reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static

from atrium.app.tui.items import Fold, ItemView, view_of
from atrium.app.tui.timeline import Item, Timeline
from atrium.app.tui.words import Words

PAGE = 30
"""How many items are set at a time."""
MOST = 150
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

    @property
    def at_latest(self) -> bool:
        """Tell whether the last item is set."""
        return self._bottom == len(self._timeline.items)

    async def open(self, timeline: Timeline) -> None:
        """Show a conversation from its end."""
        await self._replace(timeline, len(timeline.items) - PAGE)
        self.anchor()

    async def show_first(self) -> None:
        """Show the beginning of what is here."""
        self.release_anchor()
        await self._replace(self._timeline, 0)
        self.scroll_home(animate=False)

    async def show_latest(self) -> None:
        """Show the end."""
        if not self.at_latest:
            await self._replace(self._timeline, len(self._timeline.items) - PAGE)
        self.anchor()

    async def clear(self, words: str, timeline: Timeline | None = None) -> None:
        """Show a line where a conversation would be, or will be when something is said."""
        await self._replace(timeline or Timeline(), 0)
        await self.mount(Static(words, classes="empty", markup=False))
        self.anchor()

    def touch(self, items: Iterable[Item]) -> None:
        """Show items as they are now, soon: a burst of changes is one picture."""
        self._dirty.update(dict.fromkeys(items))
        if self._dirty and not self._scheduled:
            self._scheduled = True
            self.set_timer(PICTURE_SECONDS, self._show_dirty)

    async def extend(self, timeline: Timeline) -> None:
        """Take in a conversation that begins earlier; what is on the screen stays where it is."""
        first = self._timeline.items[self._top] if self._views else None
        self._timeline = timeline
        if first is None:
            await self.open(timeline)
        else:
            added = timeline.place(first) - self._top
            self._top, self._bottom = self._top + added, self._bottom + added
            await self._set_above()

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
        near = NEAR * self.size.height
        if self._moving or not self._views:
            return
        if new < old and new < near:
            self._move(self._set_above)
        elif new > old and self.max_scroll_y - new < near and not self.at_latest:
            self._move(self._set_below)

    # ---- the window

    def _move(self, work: Callable[[], Awaitable[None]]) -> None:
        self._moving = True

        async def move() -> None:
            try:
                await work()
            finally:
                self._moving = False

        self.call_later(move)

    async def _set_above(self) -> None:
        start = max(self._top - PAGE, 0)
        if start == self._top:
            self.post_message(self.WantsEarlier())
            return
        views = self._make(start, self._top)
        before = self.virtual_size.height
        await self.mount_all(views, before=0)
        self._top = start
        self.call_after_refresh(self._keep_place, before)

    async def _keep_place(self, before: int) -> None:
        """Scroll by what was set above, then take off what is far below."""
        self._shift(self.virtual_size.height - before)
        await self._take_off(self._bottom - self._top - MOST, below=True)

    async def _set_below(self) -> None:
        end = min(self._bottom + PAGE, len(self._timeline.items))
        views = self._make(self._bottom, end)
        self._bottom = end
        await self.mount_all(views)
        self.call_after_refresh(self._take_off_above)

    async def _take_off_above(self) -> None:
        """Take off what is far above, and scroll by as much."""
        before = self.virtual_size.height
        if await self._take_off(self._bottom - self._top - MOST, below=False):
            self.call_after_refresh(lambda: self._shift(self.virtual_size.height - before))

    def _shift(self, lines: int) -> None:
        if lines:
            self.scroll_to(y=self.scroll_y + lines, animate=False, immediate=True, force=True, release_anchor=False)

    async def _take_off(self, count: int, *, below: bool) -> bool:
        if count <= 0:
            return False
        if below:
            items = self._timeline.items[self._bottom - count : self._bottom]
            self._bottom -= count
        else:
            items = self._timeline.items[self._top : self._top + count]
            self._top += count
        await self.remove_children([self._views.pop(item) for item in items if item in self._views])
        return True

    async def _replace(self, timeline: Timeline, start: int) -> None:
        with self.app.batch_update():
            await self.remove_children()
            self._timeline, self._views = timeline, {}
            self._dirty.clear()
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
        await self._set_new(list(dirty))

    async def _set_new(self, dirty: list[Item]) -> None:
        """Set items that came at the end, if the end is on the screen."""
        new = [item for item in dirty if item not in self._views and self._timeline.place(item) >= self._bottom]
        if not new or self._timeline.place(new[0]) != self._bottom:
            return
        if not self._views:
            await self.remove_children()
        at_end = self.max_scroll_y - self.scroll_y <= 1
        if not at_end and self._bottom - self._top >= MOST:
            return  # the reader is far above: they are set when the reader comes down
        views = self._make(self._bottom, self._bottom + len(new))
        self._bottom += len(new)
        await self.mount_all(views)
        if at_end:
            await self._take_off(self._bottom - self._top - MOST, below=False)
