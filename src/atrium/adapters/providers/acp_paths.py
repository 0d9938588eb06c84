"""The files and folders that an agent's tool call is about, as far as the call names them."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from atrium.contracts.approvals import FileState

Data = Mapping[str, Any]

OF_FILES = frozenset({"read", "search", "think", "edit", "move", "delete"})
"""The kinds of tools whose arguments are paths and text; those of others can be anything."""

LARGEST_SCRIPT = 16 << 20
MOST_SCRIPTS = 20

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NAMES_A_PATH = frozenset(
    "path paths file files filename filepath dir dirs directory directories folder folders root source destination "
    "target from to".split()
)
_TEXTS = frozenset({"content", "contents", "text", "newText", "oldText", "new_string", "old_string", "description"})


def paths_of(call: Data, kind: str, cwd: str) -> tuple[str, ...]:
    """Return the paths of a call's locations, changes and arguments, absolute but not otherwise changed."""
    parts = [*(call.get("locations") or ()), *(call.get("content") or ())]
    told = [part.get("path") for part in parts if isinstance(part, Mapping)]
    given = _named(call.get("rawInput"), is_path=False) if kind in OF_FILES else ()
    return tuple(dict.fromkeys(_absolute(path, cwd) for path in [*told, *given] if isinstance(path, str) and path))


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path leads into a folder, wherever links and `..` in it lead; reads the disk."""
    try:
        return Path(path).resolve().is_relative_to(Path(folder).resolve())
    except (OSError, RuntimeError, ValueError):  # a circle of links, or a name that no file can have
        return False


def scripts_in(argv: Sequence[str], cwd: str, project: str) -> tuple[FileState, ...]:
    """Return the files of a project that a command names, with what is in them now; reads the disk.

    A line for a shell names its words. Files beyond `LARGEST_SCRIPT` bytes are no scripts, and are left out.
    """
    words = [*argv, *_words(argv[-1])] if len(argv) > 2 and argv[1].startswith("-") else argv
    paths = dict.fromkeys(_absolute(word, cwd) for word in words)
    found = (_state(path) for path in paths if is_below(path, project))
    return tuple(itertools.islice((state for state in found if state is not None), MOST_SCRIPTS))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # quotes that do not end
        return []


def _state(path: str) -> FileState | None:
    try:
        file = Path(path)
        if not file.is_file() or file.stat().st_size > LARGEST_SCRIPT:
            return None
        return FileState(path=path, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    except (OSError, ValueError):
        return None


def _named(value: object, *, is_path: bool) -> Iterator[str]:
    """Yield the texts that stand under the name of a path, and those that are whole paths wherever they stand."""
    if isinstance(value, str):
        if is_path or value.startswith(("/", "~", "file:/")):
            yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _named(str(name), is_path=False)
            if name not in _TEXTS:
                yield from _named(inner, is_path=_is_name_of_path(str(name)))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner, is_path=is_path)


def _is_name_of_path(name: str) -> bool:
    words = _WORD.findall(name)
    return bool(words) and words[-1].lower() in _NAMES_A_PATH


def _absolute(path: str, cwd: str) -> str:
    return os.path.join(cwd, os.path.expanduser(path.removeprefix("file://")))
