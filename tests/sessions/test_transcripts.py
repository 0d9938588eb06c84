"""Transcripts: a text file a session, behind the commits, mended after a crash."""

import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.plugins.sessions.transcript import mend
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


async def lines(hub: Hub, session_id: str) -> list[bytes]:
    entries = await hub.storage.read(f"sessions/{session_id}")
    return [entry.encoded + b"\n" for entry in entries if not entry.hint]


async def written(hub: Hub) -> None:
    await hub.sessions.desk.transcripts.settle()


async def test_every_durable_entry_is_a_line_and_deltas_are_not(kept: Hub, home: Path) -> None:
    session_id = await kept.create()
    await kept.ask(session_id, "say one two three")
    await kept.sessions.update(ALICE, session_id, {"title": "T"})
    await written(kept)
    path = transcript(home, session_id)
    assert path.read_bytes() == b"".join(await lines(kept, session_id))
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
        assert transcript(home, session_id).read_bytes() == b"".join(await lines(kept, session_id))


@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "zeros", "garbage", "ahead"])
async def test_a_damaged_file_is_complete_after_the_next_start(home: Path, damage: str) -> None:
    adapter = MemoryStorageAdapter()
    hub = await Hub(adapter, home=home).start()
    session_id = await hub.create()
    await hub.ask(session_id, "say one")
    await hub.ask(session_id, "say two")
    whole = b"".join(await lines(hub, session_id))
    await hub.stop()
    path = transcript(home, session_id)
    assert path.read_bytes() == whole
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        os.truncate(path, len(whole) - 40)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "ahead":
        path.write_bytes(whole + b'{"offset":"9000000000000000000"}\n')
    else:
        path.write_bytes(whole[:900] + {"zeros": b"\0" * 5000, "garbage": b'\n{"offset": []}\n\n{"of'}[damage])
    again = await Hub(adapter, home=home).start()
    await written(again)
    assert path.read_bytes() == whole
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
    assert transcript(home, session_id).read_bytes() == b"".join(await lines(kept, session_id))


async def test_none_are_written_when_they_are_not_wanted(home: Path) -> None:
    hub = await Hub(MemoryStorageAdapter(), home=home, config={"sessions": {"persistenceFormat": "none"}}).start()
    session_id = await hub.create()
    await hub.ask(session_id, "say x")
    await hub.sessions.delete(ALICE, session_id)
    await hub.stop()
    assert not home.exists()


@given(
    offsets=st.lists(st.integers(1, 10**15), max_size=6, unique=True).map(sorted),
    padding=st.integers(0, 70_000),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=30),
)
def test_mending_keeps_whole_lines_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, offsets: list[int], padding: int, cut: int, tail: bytes
) -> None:
    rows = [
        orjson.dumps({"offset": str(n), "data": "x" * (padding if n == offsets[-1] else 3)}) + b"\n" for n in offsets
    ]
    path = tmp_path_factory.mktemp("mend") / "x.jsonl"
    whole = b"".join(rows)
    path.write_bytes(whole[: max(0, len(whole) - cut)] + (b"" if cut else tail.replace(b"\n", b"")))
    last = mend(path)
    kept = path.read_bytes()
    assert whole.startswith(kept)
    assert last == (
        orjson.loads(kept.splitlines()[-1])["offset"] and int(orjson.loads(kept.splitlines()[-1])["offset"])
        if kept
        else 0
    )
    if not cut:
        assert kept == whole


def test_mending_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert mend(tmp_path / "none.jsonl") == 0
