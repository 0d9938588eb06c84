"""What the terminal asks, and the sheet of keys: over the rest of the screen, closed by Esc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from atrium.app.text import shortened
from atrium.app.tui.told import told
from atrium.app.tui.words import Words

TITLE_LENGTH = 200


class TitleQuestion(ModalScreen[str | None]):
    """Asks for another title; None when it stays."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", show=False)]

    def __init__(self, words: Words, title: str) -> None:
        super().__init__()
        self._words = words
        self._given = title

    def compose(self) -> ComposeResult:
        """Show the title as it is, to be changed."""
        with Vertical(classes="question-box"):
            yield Static(self._words.rename, classes="heading", markup=False)
            yield Input(self._given, max_length=TITLE_LENGTH, compact=True, select_on_focus=False)
            yield Static(self._words.enter_saves, classes="quiet", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the title, unless it is empty or the same."""
        title = event.value.strip()
        _ = self.dismiss(title if title and title != self._given else None)


class ProviderQuestion(ModalScreen[str | None]):
    """Asks which provider answers; those that cannot say why."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, words: Words, providers: Sequence[Mapping[str, Any]], heading: str) -> None:
        super().__init__()
        self._words = words
        self._providers = providers
        self._heading = heading

    def compose(self) -> ComposeResult:
        """Show the providers."""
        with Vertical(classes="question-box"):
            yield Static(self._heading, classes="heading", markup=False)
            yield OptionList(*(_provider(one, self._words) for one in self._providers), markup=False, compact=True)
            yield Static(self._words.enter_chooses, classes="quiet", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the provider."""
        _ = self.dismiss(event.option_id)

    def action_down(self) -> None:
        """Go to the next provider."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Go to the provider before."""
        self.query_one(OptionList).action_cursor_up()


class KeySheet(ModalScreen[None]):
    """Shows all keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "dismiss", show=False),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        """Show the sheet."""
        with VerticalScroll(classes="question-box sheet"):
            yield Static(_sheet(self._words))

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)


def _provider(provider: Mapping[str, Any], words: Words) -> Option:
    name = shortened(str(provider.get("name") or provider["id"]), 40)
    able = provider["status"] == "active"
    why = "" if able else f"  {shortened(told(provider, 'reason', words) or str(provider['status']), 120)}"
    return Option(Content.assemble(name, (why, "$muted")), id=str(provider["id"]), disabled=not able)


def _sheet(words: Words) -> Content:
    lines: list[Content] = []
    for heading, keys in _keys(words):
        lines += [Content.styled(heading, "bold"), *(_key(key, meaning) for key, meaning in keys), Content("")]
    return Content("\n").join(lines[:-1])


def _key(key: str, meaning: str) -> Content:
    return Content.assemble((f"  {key:<18}", "$accent"), meaning)


def _keys(words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            words.keys_everywhere,
            [
                ("Ctrl-K", words.commands),
                ("Esc", words.key_cancel),
                ("Ctrl-C", words.key_interrupt),
                ("Ctrl-R", words.do_retry),
                ("Ctrl-N", words.do_new),
                ("Ctrl-L", words.do_list),
                ("F2", words.do_rename),
                ("Tab, Shift-Tab", words.key_panes),
                ("F1, ?", words.do_keys),
                ("Ctrl-Q", words.do_quit),
            ],
        ),
        (
            words.keys_in_list,
            [
                ("j k, arrows", words.key_move),
                ("Enter", words.key_open),
                ("/", words.do_search),
                ("n", words.do_new),
                ("e", words.do_rename),
                ("d", words.do_delete),
                ("u", words.do_undo),
                ("q", words.do_quit),
            ],
        ),
        (
            words.keys_in_reading,
            [
                ("j k, arrows", words.key_scroll),
                ("g G, Home End", words.key_ends),
                ("Tab", words.key_lines),
                ("o", words.do_open_lines),
                ("i", words.do_write),
            ],
        ),
        (words.keys_in_writing, [("Enter", words.key_send), ("Alt-Enter, Ctrl-J", words.key_newline)]),
    ]
