r"""How an act is shown: whole, and so that what is read is what will be done.

Terminals and browsers hide or reorder some characters: control characters, marks that change the direction of text,
spaces of no width. Written out as `\u{202e}` they cannot (Unicode Technical Report 36, 3.1).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from atrium.contracts.approvals import Act, ShownAct

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def shown_act(act: Act) -> ShownAct:
    """Return an act as people read it."""
    texts = list(_texts(act))
    warnings: list[Any] = []
    if not all(map(str.isprintable, texts)):
        warnings.append("hidden_characters")
    if not all(text.isascii() for text in texts):
        warnings.append("not_ascii")
    return ShownAct(
        tool=visible(act.tool),
        command=visible(shlex.join(act.argv)) if act.argv else None,
        arguments=_shown(act.arguments),
        cwd=None if act.cwd is None else visible(act.cwd),
        env=tuple(sorted(visible(name) for name in act.env)),
        files=tuple(file.model_copy(update={"path": visible(file.path)}) for file in act.files),
        paths=tuple(map(visible, act.paths)),
        warnings=tuple(warnings),
    )


def visible(text: str) -> str:
    """Return text with everything that cannot be seen written out."""
    if text.isprintable():  # is false for exactly what is hidden or another space: files are long
        return text
    return "".join(character if character.isprintable() else _written(character) for character in text)


def _written(character: str) -> str:
    return _NAMED.get(character) or f"\\u{{{ord(character):x}}}"


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return _lines(value)
    if isinstance(value, Mapping):
        return {visible(name): _shown(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner) for inner in value]
    return value


def _lines(text: str) -> str:
    """Write out what is hidden within lines; arguments may have several, as the contents of a file do."""
    return "\n".join("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))


def _texts(act: Act) -> Iterator[str]:
    yield act.tool
    yield from act.argv
    yield from act.paths
    yield from act.env
    if act.cwd is not None:
        yield act.cwd
    yield from _texts_of(act.arguments)


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.replace("\n", "").replace("\t", "")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _texts_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts_of(inner)
