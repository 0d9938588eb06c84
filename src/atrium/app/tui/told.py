"""What the hub tells, in the language of the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atrium.app.tui.words import Words
from atrium.client import ConnectionLost, NotRunning, ProblemError
from atrium.client.russian import problem_in_russian, said_in_russian


def told(document: Mapping[str, Any], name: str, words: Words) -> str:
    """Return a text of the hub; `""` if there is none."""
    return said_in_russian(document, name) if words.rule == "ru" else str(document.get(name) or "")


def problem_told(problem: Mapping[str, Any], words: Words) -> str:
    """Return what went wrong, as a problem of the hub says it; `""` if it does not."""
    if words.rule == "ru":
        return problem_in_russian(problem)
    return str(problem.get("detail") or problem.get("title") or "")


def error_told(error: BaseException | None, words: Words) -> str:
    """Return what went wrong, for no error that the session is gone."""
    if error is None:
        return words.deleted_elsewhere
    if isinstance(error, ProblemError):
        return problem_told(error.problem.model_dump(by_alias=True, exclude_none=True), words)
    if isinstance(error, NotRunning | ConnectionLost) and words.rule == "ru":
        return problem_in_russian({"code": "UNREACHABLE"})
    return str(error)
