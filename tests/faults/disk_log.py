"""What a process asks of its disk, and what it tells the world meanwhile, in the order in which it happens.

strace writes the log: every write, sync, rename, truncation and removal below a folder, and all that goes out over
sockets. So it is known for each moment what had been synced, and what had been acknowledged by then.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

CALLS = (
    "openat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "write", "writev",
    "pwrite64", "ftruncate", "fallocate", "fsync", "fdatasync", "sendto", "sendmsg", "copy_file_range", "sendfile",
)  # fmt: skip
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)", re.DOTALL)
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FILE = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>")
_UNFINISHED, _RESUMED = " <unfinished ...>", "resumed>"
_NUMBERS = re.compile(r", (\d+)(?:, (\d+))?$")


@dataclass(frozen=True, slots=True)
class Event:
    """One call that succeeded. `name` is `create`, `mkdir`, `rename`, `unlink`, `write`, `truncate`, `sync` or `said`.

    `at` is the offset of a write (None: at the end of the file) or the size after a truncation.
    """

    name: str
    path: str = ""
    data: bytes = b""
    at: int | None = None
    target: str = ""


def command(log: Path) -> list[str]:
    """Return what goes before a command line so that its process is traced; the process stays our own child."""
    return ["strace", "-D", "-f", "-y", "-xx", "-s", str(1 << 26), "-e", f"trace={','.join(CALLS)}", "-o", str(log)]


def events(log: Path, folder: Path) -> list[Event]:
    """Return what happened below a folder (paths are relative to it) and what was said to the world, in order."""
    found: list[Event] = []
    with log.open("r", encoding="ascii") as lines:
        for name, arguments in _calls(lines):
            found += _event(name, arguments, f"{folder}/")
    return found


def _calls(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each call that succeeded, with its arguments, when it ends."""
    begun: dict[str, str] = {}
    for line in lines:
        process, _, text = line.rstrip("\n").partition(" ")
        text = text.lstrip()
        if text.endswith(_UNFINISHED):
            begun[process] = text.removesuffix(_UNFINISHED)
            continue
        if text.startswith("<... "):
            text = begun.pop(process) + text.partition(_RESUMED)[2]
        call = _CALL.match(text)
        if call is not None and int(call[3]) >= 0:
            yield call[1], call[2]


def _event(name: str, arguments: str, folder: str) -> list[Event]:
    if name in {"copy_file_range", "sendfile", "fallocate"}:
        assert not _own(_path(arguments), folder), f"{name} is not understood: {arguments[:200]}"
        return []
    if name in {"openat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir"}:
        return _of_names(name, arguments, folder)
    path = _path(arguments)
    if not _own(path, folder):
        return [Event("said", data=_data(arguments))] if "write" in name or "send" in name else []
    return [_of_content(name, arguments, _relative(path, folder))]


def _own(path: str, folder: str) -> bool:
    return f"{path}/".startswith(folder)


def _relative(path: str, folder: str) -> str:
    return f"{path}/".removeprefix(folder).removesuffix("/") or "."


def _of_names(name: str, arguments: str, folder: str) -> list[Event]:
    paths = [_decoded(text).decode() for text in _TEXT.findall(arguments)]
    if not _own(paths[0], folder):
        return []
    path, target = _relative(paths[0], folder), _relative(paths[-1], folder)
    if path == ".":
        return []  # the folder itself is there already, as far as this log goes
    if name == "openat":
        created = [Event("create", path)] if "O_CREAT" in arguments else []
        return [*created, Event("truncate", path, at=0)] if "O_TRUNC" in arguments else created
    if name.startswith("rename"):
        return [Event("rename", path, target=target)]
    return [Event("mkdir" if name.startswith("mkdir") else "unlink", path)]


def _of_content(name: str, arguments: str, path: str) -> Event:
    if name in {"fsync", "fdatasync"}:
        return Event("sync", path)
    numbers = _NUMBERS.search(arguments)
    assert numbers is not None, arguments[-80:]
    if name == "ftruncate":
        return Event("truncate", path, at=int(numbers[1]))
    return Event("write", path, _data(arguments), at=int(numbers[2]) if name == "pwrite64" else None)


def _path(arguments: str) -> str:
    found = _FILE.match(arguments)
    return _decoded(found[1]).decode("utf-8", "replace") if found else ""


def _data(arguments: str) -> bytes:
    return b"".join(map(_decoded, _TEXT.findall(arguments)))


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
