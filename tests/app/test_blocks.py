"""Markdown in a terminal: it streams as it is, and complete blocks are set in their place."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.app.chat.blocks import Blocks, markdown_renderer

SIZE = (20, 10)


def shown(*pieces: str, size: tuple[int, int] = SIZE) -> str:
    output = io.StringIO()
    blocks = Blocks(output, lambda block: f"<{block.strip()}>\n", lambda: size)
    for piece in pieces:
        blocks.add(piece)
    blocks.finish()
    return output.getvalue()


def test_plain_text_streams_and_stays() -> None:
    assert shown("Hel", "lo\nwor", "ld") == "Hello\nworld\n"


def test_a_marked_block_is_set_when_it_is_complete() -> None:
    assert shown("# Ti", "tle\n\nplain") == "# Title\n\x1b[1A\r\x1b[J<# Title>\n\nplain\n"


def test_wrapped_lines_count_as_the_rows_they_take() -> None:
    assert shown(f"**{'x' * 41}**\n") == f"**{'x' * 41}**\n\x1b[3A\r\x1b[J<**{'x' * 41}**>\n"


def test_wide_characters_count_twice() -> None:
    assert "\x1b[2A" in shown(f"`{'世' * 10}`\n")


def test_a_block_that_has_scrolled_away_stays_as_it_came() -> None:
    assert shown("- a\n" * 12) == "- a\n" * 12


def test_blank_lines_in_a_fence_do_not_end_it() -> None:
    text = "```py\na\n\nb\n```\n"
    assert shown(text) == f"{text}\x1b[5A\r\x1b[J<{text.strip()}>\n"


def test_without_a_renderer_the_text_is_the_text() -> None:
    output = io.StringIO()
    blocks = Blocks(output, None)
    blocks.add("# Title\n\n- a")
    blocks.finish()
    assert output.getvalue() == "# Title\n\n- a\n"


@given(st.lists(st.text(alphabet="ab`#*-\n ", max_size=6), max_size=10))
def test_pieces_do_not_matter(pieces: list[str]) -> None:
    assert shown(*pieces) == shown("".join(pieces))


@pytest.mark.parametrize("text", ["[here](javascript:alert)", "[bank](https://evil.example)"])
def test_a_link_shows_where_it_leads(text: str) -> None:
    address = text.partition("(")[2].rstrip(")")
    rendered = markdown_renderer(lambda: 80)(text)
    assert address in rendered
    assert "\x1b]8" not in rendered
