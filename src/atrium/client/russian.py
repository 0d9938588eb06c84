"""What the hub says, in Russian: problems by their code, texts by their phrase. The page says it with the same words.

The words are in `russian.json`. A problem has two sentences: what happened, and what can be done. A phrase has a
wording: a text with its values as `{name}`, or `{name, bytes}`, `{name, time}`, `{name, usd}`; a list of wordings that
follow each other; or one for each form of the value that `by` names, a number's plural form or the text itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

Wording = str | list[Any] | Mapping[str, Any]
Values = Mapping[str, Any]

_NO_BREAK = "\N{NO-BREAK SPACE}"
_PLACE = re.compile(r"\{(\w+)(?:, (\w+))?\}")
_BYTES = ((1e9, "ГБ"), (1e6, "МБ"), (1e3, "КБ"))


class Unsayable(Exception):
    """The phrase has not the values that its wording needs."""


def said_in_russian(document: Mapping[str, Any], name: str) -> str:
    """Return a text of a document of the hub: in Russian if its phrase is known, else as it is; `""` if it has none."""
    text, phrase = document.get(name) or "", (document.get("phrases") or {}).get(name) or {}
    wording = read_words()["phrases"].get(phrase.get("code"))
    try:
        return str(text) if wording is None else worded(wording, phrase.get("params") or {})
    except (Unsayable, TypeError, ValueError):  # a newer hub may fill the same phrase otherwise
        return str(text)


def problem_in_russian(problem: Mapping[str, Any]) -> str:
    """Return what happened and what the hub says of this case; that is in English where it has no known phrase."""
    happened = (read_words()["problems"].get(problem.get("code")) or [""])[0]
    english = problem.get("detail") or problem.get("title") or ""
    detail = said_in_russian({**problem, "detail": english}, "detail")
    if not happened or not detail:
        return happened or detail
    return f"{happened}: {detail}" if detail != english else f"{happened}: «{detail}»"


def worded(wording: Wording, values: Values) -> str:
    """Return a wording with its values filled in; raises `Unsayable` if one is missing."""
    if isinstance(wording, str):
        return _PLACE.sub(lambda place: _written(_value(values, place[1]), place[2]), wording)
    if isinstance(wording, list):
        return "".join(worded(part, values) for part in wording)
    value = _value(values, wording["by"])
    form = value if isinstance(value, str) else plural_form(value)
    return worded(wording[form] if form in wording and form != "by" else wording["other"], values)


def plural_form(number: float) -> str:
    """Return the plural form that a number takes in Russian (CLDR)."""
    if number != int(number):
        return "other"
    tens, ones = abs(int(number)) % 100, abs(int(number)) % 10
    if ones == 1 and tens != 11:
        return "one"
    return "few" if 2 <= ones <= 4 and not 12 <= tens <= 14 else "many"


def _value(values: Values, name: str) -> str | float:
    value = values.get(name)
    if not isinstance(value, str | int | float):
        raise Unsayable(name)
    return value


def _written(value: str | float, kind: str | None) -> str:
    if kind == "time":
        return f"{datetime.fromisoformat(str(value)).astimezone():%d.%m, %H:%M}"
    if isinstance(value, str):
        return value
    if kind == "bytes":
        size, unit = next(((value / size, unit) for size, unit in _BYTES if value >= size), (value / 1e3, "КБ"))
        return f"{_figure(size, 1 if size < 10 else 0)}{_NO_BREAK}{unit}"
    return f"{_figure(value, 2)}{_NO_BREAK}$" if kind == "usd" else _figure(value, 0 if value == int(value) else 2)


def _figure(number: float, digits: int) -> str:
    return f"{number:,.{digits}f}".replace(",", _NO_BREAK).replace(".", ",")


@cache
def read_words() -> Any:
    """Return the words: `problems` by code, and `phrases`, wordings by code."""
    return json.loads((files("atrium.client") / "russian.json").read_text("utf-8"))
