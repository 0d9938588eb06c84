"""A disk after the power went: what was synced is there, and of the rest whatever the disk had got round to.

The model is the pessimistic one of ALICE (Pillai et al., OSDI 2014), within what file systems with a journal do: data
that was not synced is there in any part and any order, torn at the size of a sector or a page; of what was not synced
in a folder (files created, renamed, removed), only the beginning is there.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from tests.faults.disk_log import Event

Mode = Literal["nothing", "all", "some"]


@dataclass(slots=True)
class Inode:
    """A file's writes and truncations, and how many of them are synced."""

    events: list[Event] = field(default_factory=list)
    synced: int = 0

    @property
    def size(self) -> int:
        """Return the file's size as the process sees it."""
        return len(_content(self.events))


@dataclass(slots=True)
class Change:
    """A change of a folder: a name that stands for a file, for a folder (`inode` None) or, `gone`, for nothing."""

    folder: str
    name: str
    inode: Inode | None
    gone: bool = False
    synced: bool = False


class Disk:
    """The disk as calls change it."""

    def __init__(self) -> None:
        self._names: dict[str, Inode] = {}
        self._changes: list[Change] = []
        self._folders: set[str] = set()

    def apply(self, event: Event) -> None:
        """Take in one call."""
        match event.name:
            case "create" if event.path not in self._names:
                self._names[event.path] = Inode()
                self._change(event.path, self._names[event.path])
            case "mkdir":
                self._folders.add(event.path)
                self._change(event.path, None)
            case "unlink":
                self._names.pop(event.path, None)
                self._change(event.path, None, gone=True)
            case "rename":
                inode = self._names.pop(event.path)
                self._names[event.target] = inode
                self._change(event.path, None, gone=True)
                self._change(event.target, inode)
            case "write" | "truncate" if event.path in self._names:
                self._names[event.path].events.append(self._placed(event))
            case "sync":
                self._sync(event.path)

    def after_power_loss(self, mode: Mode, dice: random.Random) -> dict[str, bytes | None]:
        """Return the files that are there when power comes back, with their content; folders have None."""
        kept: dict[str, bytes | None] = {}
        lost: set[str] = set()
        for change in self._changes:
            if not change.synced and (change.folder in lost or not _is_lucky(mode, dice)):
                lost.add(change.folder)
            elif change.gone:
                kept.pop(change.name, None)
            else:
                kept[change.name] = None if change.inode is None else _survived(change.inode, mode, dice)
        return kept

    def _change(self, path: str, inode: Inode | None, *, gone: bool = False) -> None:
        self._changes.append(Change(str(PurePosixPath(path).parent), path, inode, gone))

    def _placed(self, event: Event) -> Event:
        at = self._names[event.path].size if event.at is None else event.at
        return Event(event.name, event.path, event.data, at)

    def _sync(self, path: str) -> None:
        inode = self._names.get(path)
        if inode is not None:
            inode.synced = len(inode.events)
        else:
            for change in self._changes:
                change.synced = change.synced or change.folder == path


def write_to(folder: Path, files: dict[str, bytes | None]) -> None:
    """Make a folder of what is left; what lies in a folder that is not there is not there either."""
    folder.mkdir()
    for name, content in sorted(files.items()):
        path = folder / name
        if path.parent.is_dir():
            if content is None:
                path.mkdir()
            else:
                path.write_bytes(content)


def _is_lucky(mode: Mode, dice: random.Random) -> bool:
    return mode == "all" or (mode == "some" and dice.random() < 0.7)


def _survived(inode: Inode, mode: Mode, dice: random.Random) -> bytes:
    pending = [torn for event in inode.events[inode.synced :] for torn in _torn(event, mode, dice)]
    return _content([*inode.events[: inode.synced], *pending])


def _torn(event: Event, mode: Mode, dice: random.Random) -> Iterable[Event]:
    """Return what is left of a write: all, nothing, its beginning, or any of its sectors or pages."""
    if mode != "some":
        return [event] if mode == "all" else []
    fate = dice.choice(["all", "nothing", "beginning", "parts"])
    if event.name == "truncate" or fate in {"all", "nothing"}:
        return [event] if fate == "all" else []
    parts = list(_parts(event, dice.choice([512, 4096])))
    if fate == "beginning":
        return parts[: dice.randrange(len(parts) + 1)]
    return [part for part in parts if dice.random() < 0.5]


def _parts(event: Event, unit: int) -> Iterable[Event]:
    at = event.at or 0
    position = 0
    while position < len(event.data):
        size = unit - (at + position) % unit
        yield Event("write", event.path, event.data[position : position + size], at + position)
        position += size


def _content(events: Iterable[Event]) -> bytes:
    content = bytearray()
    for event in events:
        at = event.at or 0
        if len(content) < at:
            content.extend(bytes(at - len(content)))
        if event.name == "truncate":
            del content[at:]
        else:
            content[at : at + len(event.data)] = event.data
    return bytes(content)
