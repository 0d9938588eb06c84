"""Transcripts: a text file a session, behind the commits, mended after a crash."""

import asyncio
import re
import stat
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions.transcript_file import Examined, Position, examine, mend, seal
from atrium.sdk.clock import SystemClock
from tests.sessions.hub import ALICE, Hub


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
async def kept(home: Path) -> AsyncIterator[Hub]:
    hub = await Hub(MemoryStorageAdapter(), home=home).start()
    yield hub
    await hub.stop()


def transcript(home: Path, session_id: str) -> Path:
    return home / "sessions" / f"{session_id}.jsonl"


async def expected(hub: Hub, session_id: str) -> bytes:
    """Return the transcript that storage demands: CRC-32 of the whole file up to each checksum, written out here."""
    text = b""
    for entry in await hub.storage.read(f"sessions/{session_id}"):
        if not entry.hint:
            text += entry.encoded[:-1]
            text += b',"crc":"%08x"}\n' % zlib.crc32(text)
    return text


async def written(hub: Hub) -> None:
    await hub.sessions.desk.transcripts.settle()


async def test_every_durable_entry_is_a_line_and_deltas_are_not(kept: Hub, home: Path) -> None:
    session_id = await kept.create()
    await kept.ask(session_id, "say one two three")
    await kept.sessions.update(ALICE, session_id, {"title": "T"})
    await written(kept)
    path = transcript(home, session_id)
    assert path.read_bytes() == await expected(kept, session_id)
    assert [orjson.loads(line)["type"].split(".", 1)[1] for line in path.read_bytes().splitlines()] == [
        "message.added.v1",
        "turn.started.v1",
        "message.completed.v1",
        "turn.completed.v1",
        "session.renamed.v1",
    ]


async def test_only_its_owner_can_read_it(kept: Hub, home: Path) -> None:
    session_id = await kept.create()
    await kept.ask(session_id, "say x")
    await written(kept)
    path = transcript(home, session_id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_deleted_session_leaves_no_file(kept: Hub, home: Path) -> None:
    session_id = await kept.create()
    await kept.ask(session_id, "say x")
    await written(kept)
    assert transcript(home, session_id).exists()
    await kept.sessions.update(ALICE, session_id, {"title": "not written yet"})
    await kept.sessions.delete(ALICE, session_id)
    await written(kept)
    assert list((home / "sessions").iterdir()) == []


async def test_sessions_at_once_each_have_their_own(kept: Hub, home: Path) -> None:
    ids = [await kept.create() for _ in range(70)]
    for session_id in ids:
        await kept.send(session_id, f"say {session_id}")
    for session_id in ids:
        await kept.idle(session_id)
    await written(kept)
    for session_id in ids:
        assert transcript(home, session_id).read_bytes() == await expected(kept, session_id)


@dataclass
class Stopped:
    """A hub that has stopped: its storage, and the transcript it has left."""

    adapter: MemoryStorageAdapter
    path: Path
    whole: bytes

    @property
    def copies(self) -> list[Path]:
        return sorted((self.path.parent / "damaged").glob("*"))


@pytest.fixture
async def stopped(home: Path) -> Stopped:
    adapter = MemoryStorageAdapter()
    hub = await Hub(adapter, home=home).start()
    session_id = await hub.create()
    await hub.ask(session_id, "say one")
    await hub.ask(session_id, "say two")
    whole = await expected(hub, session_id)
    await hub.stop()
    path = transcript(home, session_id)
    assert path.read_bytes() == whole
    return Stopped(adapter, path, whole)


async def started_again(stopped: Stopped, home: Path) -> None:
    """Start a hub, wait until it has looked at all transcripts, and stop it."""
    again = await Hub(stopped.adapter, home=home).start()
    await written(again)
    await again.stop()


CUTS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[:-40],
    "cut after a line": lambda whole: whole[: whole.index(b"\n") + 1],
    "zeros": lambda whole: whole[:900] + b"\0" * 5000,
    "a tail of zeros": lambda whole: whole + b"\0" * 5000,
}
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda whole: whole[:900] + b'\n{"offset": []}\n\n{"of',
    "a line repeated": lambda whole: whole + whole[whole[:-1].rindex(b"\n") + 1 :],
    "all repeated": lambda whole: whole + whole,
    "a line gone": lambda whole: whole[: whole.index(b"\n") + 1] + whole[second_end(whole) :],
    "two lines swapped": lambda whole: (
        whole[whole.index(b"\n") + 1 : second_end(whole)] + whole[: whole.index(b"\n") + 1] + whole[second_end(whole) :]
    ),
    "a byte changed": lambda whole: whole.replace(b"say one", b"say ane", 1),
    "zeros in the middle": lambda whole: whole[:512] + b"\0" * 512 + whole[1024:],
    "no checksums": lambda whole: re.sub(rb',"crc":"[0-9a-f]{8}"', b"", whole),
}


def second_end(whole: bytes) -> int:
    """Return where the second line ends."""
    return whole.index(b"\n", whole.index(b"\n") + 1) + 1


async def test_a_missing_file_is_written_again(stopped: Stopped, home: Path) -> None:
    stopped.path.unlink()
    await started_again(stopped, home)
    assert stopped.path.read_bytes() == stopped.whole


@pytest.mark.parametrize("cut", CUTS)
async def test_a_file_that_a_crash_has_cut_goes_on(stopped: Stopped, home: Path, cut: str) -> None:
    stopped.path.write_bytes(CUTS[cut](stopped.whole))
    await started_again(stopped, home)
    assert stopped.path.read_bytes() == stopped.whole
    assert stopped.copies == []


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_kept_aside_reported_and_written_anew(
    stopped: Stopped, home: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    damaged = DAMAGES[damage](stopped.whole)
    assert damaged != stopped.whole
    stopped.path.write_bytes(damaged)
    await started_again(stopped, home)
    assert stopped.path.read_bytes() == stopped.whole
    assert [copy.read_bytes() for copy in stopped.copies] == [damaged]
    assert stat.S_IMODE(stopped.copies[0].stat().st_mode) == 0o600
    assert "was damaged from byte" in caplog.text
    assert str(stopped.copies[0]) in caplog.text
    caplog.clear()
    await started_again(stopped, home)
    assert len(stopped.copies) == 1
    assert "damaged" not in caplog.text


async def test_a_file_that_goes_beyond_storage_is_kept_aside(
    stopped: Stopped, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = b'{"offset":"9000000000000000000"}'
    beyond = stopped.whole + seal([body], zlib.crc32(stopped.whole))[0]
    stopped.path.write_bytes(beyond)
    await started_again(stopped, home)
    assert stopped.path.read_bytes() == stopped.whole
    assert [copy.read_bytes() for copy in stopped.copies] == [beyond]
    assert "went beyond the database" in caplog.text


async def test_deleting_a_session_deletes_what_was_set_aside_of_it(stopped: Stopped, home: Path) -> None:
    stopped.path.write_bytes(DAMAGES["all repeated"](stopped.whole))
    again = await Hub(stopped.adapter, home=home).start()
    await written(again)
    assert len(stopped.copies) == 1
    await again.sessions.delete(ALICE, stopped.path.stem)
    assert [path for path in home.rglob("*") if path.is_file()] == []
    await again.stop()


async def test_a_folder_that_cannot_be_written_harms_no_session(
    kept: Hub, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home.mkdir()
    (home / "sessions").write_text("a file is in the way")
    session_id = await kept.create()
    await kept.ask(session_id, "say x")
    await written(kept)
    assert "could not be written" in caplog.text
    (home / "sessions").unlink()
    await kept.ask(session_id, "say y")
    await written(kept)
    assert transcript(home, session_id).read_bytes() == await expected(kept, session_id)


async def test_none_are_written_when_they_are_not_wanted(home: Path) -> None:
    hub = await Hub(MemoryStorageAdapter(), home=home, config={"sessions": {"persistenceFormat": "none"}}).start()
    session_id = await hub.create()
    await hub.ask(session_id, "say x")
    await hub.sessions.delete(ALICE, session_id)
    await hub.stop()
    assert not home.exists()


class HeldClock(SystemClock):
    """Time as it is, but whoever wants to sleep for long sleeps until the test wakes him."""

    def __init__(self) -> None:
        self.sleeping = asyncio.Event()
        self.wake = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if seconds < 1:
            await super().sleep(seconds)
        else:
            self.sleeping.set()
            await self.wake.wait()


async def test_what_could_not_be_written_is_tried_again(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = HeldClock()
    hub = await Hub(MemoryStorageAdapter(), home=home, clock=clock).start()
    home.mkdir()
    (home / "sessions").write_text("a file is in the way")
    session_id = await hub.create()
    await hub.ask(session_id, "say x")
    await written(hub)
    assert "tried again" in caplog.text
    (home / "sessions").unlink()
    await clock.sleeping.wait()
    clock.wake.set()
    async with asyncio.timeout(50):
        while not transcript(home, session_id).exists():
            await asyncio.sleep(0)
            await written(hub)
    assert transcript(home, session_id).read_bytes() == await expected(hub, session_id)
    await hub.stop()


async def test_what_could_not_be_written_is_tried_once_more_at_the_end(home: Path) -> None:
    hub = await Hub(MemoryStorageAdapter(), home=home).start()
    home.mkdir()
    (home / "sessions").write_text("a file is in the way")
    session_id = await hub.create()
    await hub.ask(session_id, "say x")
    await written(hub)
    (home / "sessions").unlink()
    wanted = await expected(hub, session_id)
    await hub.stop()
    assert transcript(home, session_id).read_bytes() == wanted


def lines_of(*offsets: int, padding: int = 3) -> list[bytes]:
    """Return sealed lines, each apart; the last one is padded."""
    lines: list[bytes] = []
    crc = 0
    for offset in offsets:
        data = "x" * (padding if offset == offsets[-1] else 3)
        text, crc = seal([orjson.dumps({"offset": str(offset), "data": data})], crc)
        lines.append(text)
    return lines


@given(
    offsets=st.lists(st.integers(1, 10**15), max_size=6, unique=True).map(sorted),
    padding=st.sampled_from([3, 1 << 20, 3 << 20]),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=30).map(lambda tail: tail.replace(b"\n", b"")),
)
def test_mending_keeps_whole_lines_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, offsets: list[int], padding: int, cut: int, tail: bytes
) -> None:
    whole = b"".join(lines_of(*offsets, padding=padding))
    path = tmp_path_factory.mktemp("mend") / "x.jsonl"
    path.write_bytes(whole[: max(0, len(whole) - cut)] + (b"" if cut else tail))
    found = examine(path)
    mend(path, found)
    kept = path.read_bytes()
    assert not found.damaged
    assert whole[: max(0, len(whole) - cut)].rpartition(b"\n")[0] == kept[:-1]
    last = orjson.loads(kept.splitlines()[-1])["offset"] if kept else 0
    assert found.whole == Position(len(kept), int(last), zlib.crc32(kept))


def test_every_cut_of_the_last_line_leaves_the_others(tmp_path: Path) -> None:
    lines, path = lines_of(1, 22, 333), tmp_path / "x.jsonl"
    before = b"".join(lines[:2])
    for size in range(len(lines[2])):
        path.write_bytes(before + lines[2][:size])
        assert examine(path) == Examined(Position(len(before), 22, zlib.crc32(before)), size)


def test_every_changed_byte_is_found_and_only_its_line_and_those_behind_are_doubted(tmp_path: Path) -> None:
    lines, path = lines_of(1, 22, 333), tmp_path / "x.jsonl"
    whole = b"".join(lines)
    ends = [len(b"".join(lines[:number])) for number in range(4)]
    for position in range(len(whole)):
        for flip in (0x01, 0x80):
            changed = bytearray(whole)
            changed[position] ^= flip
            path.write_bytes(changed)
            found = examine(path)
            assert found.whole.size == max(end for end in ends if end <= position)
            assert found.bytes_behind == len(whole) - found.whole.size
            # Without its last byte the last line is one that a crash has cut.
            assert found.damaged == (position != len(whole) - 1)


def test_examining_what_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert examine(tmp_path / "none.jsonl") == Examined(Position())
