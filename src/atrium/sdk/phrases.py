"""English texts that clients can say in other languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atrium.contracts.phrases import Phrase


class Text(str):
    """An English text that knows its phrase; it goes wherever a text does."""

    phrase: Phrase

    def __new__(cls, english: str, phrase: Phrase) -> Text:
        """Make one."""
        text = super().__new__(cls, english)
        text.phrase = phrase
        return text

    def __getnewargs__(self) -> tuple[str, Phrase]:  # type: ignore[override]  # more than a str is copied
        """Return what a copy is made of."""
        return str(self), self.phrase


def phrase(code: str, english: str, /, **params: str | float) -> Text:
    """Return an English text with its phrase: a code, `area.what`, and the values that the text was made with.

    A time goes in as ISO 8601, a size in bytes, an amount as a number: each client writes them as its language does.
    """
    return Text(english, Phrase(code=code, params={name: _whole(value) for name, value in params.items()}))


def reworded(text: str, english: str) -> str:
    """Return other English words that say what a text does: with its phrase, if it has one."""
    return Text(english, text.phrase) if isinstance(text, Text) else english


def phrases_of(texts: Mapping[str, Any]) -> dict[str, Phrase]:
    """Return the phrases of those texts that have one, by name."""
    return {name: text.phrase for name, text in texts.items() if isinstance(text, Text)}


def with_phrases(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as clients get it: with the `phrases` of its texts, if there are any."""
    found = {name: one.model_dump() for name, one in phrases_of(document).items()}
    plain = {name: str(value) if isinstance(value, Text) else value for name, value in document.items()}
    return {**plain, "phrases": found} if found else plain


def _whole(value: str | float) -> str | float:
    """Return text with halves of characters replaced: what a provider says may be cut in two."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
