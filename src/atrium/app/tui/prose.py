"""Markdown of others on the screen: set as it streams, harmless, nothing hidden in it."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownStream

from atrium.app.text import printable


class Prose(Markdown):
    """A text that may grow. Pictures are named, links show their addresses, HTML stays text."""

    def __init__(self, text: str, picture: str) -> None:
        self._shown = printable(text, multiline=True)
        super().__init__(self._shown, parser_factory=lambda: _parser(picture), open_links=False)
        self._stream: MarkdownStream | None = None

    async def grow(self, text: str, *, complete: bool) -> None:
        """Show the text as far as it is known; only what is new is set."""
        text = printable(text, multiline=True)
        if not text.startswith(self._shown):
            # What was shown while pieces were missing is not how the text begins: set the whole of it.
            await self.rest()
            await self.update(text)
        elif len(text) > len(self._shown):
            self._stream = self._stream or Markdown.get_stream(self)
            await self._stream.write(text[len(self._shown) :])
        self._shown = text
        if complete:
            await self.rest()

    async def rest(self) -> None:
        """End the stream that sets new text, when all of it is set."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.stop()

    async def on_unmount(self) -> None:
        """End the stream."""
        await self.rest()


def _parser(picture: str) -> MarkdownIt:
    parser = MarkdownIt("gfm-like", {"html": False})
    parser.core.ruler.push("plain_links", lambda state: _show_addresses(state, picture))
    return parser


def _show_addresses(state: StateCore, picture: str) -> None:
    for token in state.tokens:
        if token.children:
            token.children = _plain(token.children, picture)


def _plain(tokens: list[Token], picture: str) -> list[Token]:
    """Return inline tokens with the address behind each link's text, and pictures as words."""
    shown: list[Token] = []
    begun: list[tuple[str, int]] = []
    for token in tokens:
        if token.type == "link_open":
            begun.append((str(token.attrGet("href") or ""), len(shown)))
        elif token.type == "link_close":
            address, start = begun.pop()
            said = "".join(one.content for one in shown[start:])
            if said not in {address, address.removeprefix("mailto:"), address.removeprefix("http://")}:
                shown.append(_text(f" ({address})"))
        elif token.type == "image":
            shown.append(_text(f"[{picture}: {token.content or '—'}, {token.attrGet('src')}]"))
        else:
            shown.append(token)
    return shown


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
