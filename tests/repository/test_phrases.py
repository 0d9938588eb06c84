"""Every text that the hub can send as a phrase is said in Russian, with the values it is sent with."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from atrium.client.russian import read_words
from tools.reference import declared_phrases

DECLARED = declared_phrases()
WORDINGS = read_words()["phrases"]
PLURAL_FORMS = {"one", "few", "many", "other"}
PLACE = re.compile(r"\{(\w+)(?:, (\w+))?\}")


def parts(wording: Any) -> Iterator[Any]:
    """Return a wording and all that it is made of."""
    yield wording
    for part in wording if isinstance(wording, list) else wording.values() if isinstance(wording, dict) else ():
        yield from parts(part)


def places(wording: Any) -> set[tuple[str, str]]:
    """Return the names of the values that a wording needs, each with how it is written."""
    texts = [part for part in parts(wording) if isinstance(part, str)]
    filled = {(name, kind) for text in texts for name, kind in PLACE.findall(text)}
    return filled | {(part["by"], "") for part in parts(wording) if isinstance(part, dict)}


def test_the_hub_sends_what_is_said_and_no_more_is_said() -> None:
    assert len(DECLARED) > 80
    assert sorted(DECLARED) == sorted(WORDINGS)


@pytest.mark.parametrize("code", sorted(WORDINGS))
def test_a_phrase_is_said_in_russian_with_its_own_values(code: str) -> None:
    wording = WORDINGS[code]
    assert re.search(r"[\u0430-\u044f]", str(wording))
    assert {name for name, _ in places(wording)} <= DECLARED[code]
    assert {kind for _, kind in places(wording)} <= {"", "bytes", "time", "usd"}


@pytest.mark.parametrize("code", sorted(WORDINGS))
def test_numbers_have_every_plural_form_and_texts_a_form_for_what_is_not_known(code: str) -> None:
    for part in parts(WORDINGS[code]):
        if isinstance(part, dict):
            forms = part.keys() - {"by"}
            assert "other" in forms
            assert not forms & PLURAL_FORMS - {"other"} or forms == PLURAL_FORMS
