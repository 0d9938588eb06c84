"""Text of others on a terminal: nothing in it may steer the terminal or disguise itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_KEPT = frozenset("\n\t")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str, *, multiline: bool = False) -> str:
    """Return the text with control characters, escape sequences and direction marks shown by their codes.

    Line breaks and tabs stay if `multiline`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _harmless(char, multiline) else _escaped(char) for char in text)


def shortened(text: str, width: int) -> str:
    """Return one printable line of at most `width` characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else line[: max(width - 1, 0)] + "…"


def with_images(content: str, attachments: Iterable[Mapping[str, Any]], image: str = "image") -> str:
    """Return a message's text below a line for each of its images; `image` is the word for one."""
    lines = [f"[{image} {one['name']} {one['width']}x{one['height']}]" for one in attachments]
    return "\n".join([*lines, content] if content else lines) if lines else content


def plan_line(words: str, status: str) -> str:
    """Return a step of a plan as one line; `status` is pending, running or done."""
    mark = {"done": "x", "running": ">"}.get(status, " ")
    return f"[{mark}] {shortened(words, 200)}"


def _harmless(char: str, multiline: bool) -> bool:
    if char in _KEPT:
        return multiline
    if char in _BIDI:
        return False
    # Cc: control, Cs: lone surrogates, Co and Cn: nothing a font knows; Zl and Zp break lines.
    return unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
