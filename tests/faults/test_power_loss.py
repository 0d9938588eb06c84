"""Power that goes at any moment: whatever the disk had got round to, all that was acknowledged or shown is there."""

import asyncio
import json
import os
import random
import re
import shutil
import signal
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.adapters.storage.sqlite import SQLiteStorageAdapter
from atrium.plugins.sessions.documents import stream_of
from atrium.plugins.sessions.transcript_file import examine
from atrium.sdk import Principal
from atrium.testing.history import Fold, history_violations, snapshot_violations
from tests.faults.daemon import Daemon, until
from tests.faults.disk_log import Event, command, events
from tests.faults.failing_calls import need_strace
from tests.faults.followers import Follower
from tests.faults.lost_power import Disk, Mode, write_to
from tests.faults.verdict import read_history
from tests.sessions.hub import Hub

AT_ONCE = 8
"""What power cuts have left is judged side by side: each judge waits for the disk most of the time."""

OWNER = Principal("local", "cli")
ACKNOWLEDGED = re.compile(rb'"messageId":"([^"]+)","turnId":"[^"]+","offset":"\d+"\}')
ADDED = re.compile(rb'"sessions\.message\.added\.v1","source":"/sessions/([^"]+)"[^}]*?"messageId":"([^"]+)"')
SHOWN = re.compile(rb'\{"specversion":"1\.0","id":"(\d+)","type":"([^"]+)","source":"/sessions/([^"]+)"')
DELETED = b"sessions.session.deleted.v1"


@dataclass
class Said:
    """What the world had been told of each session: messages, offsets of entries, the highest, what was deleted.

    `owners` says whose each message is; `leaving` are sessions that are deleted some time, and may be gone already.
    """

    owners: Mapping[str, str]
    leaving: set[str]
    messages: dict[str, set[str]] = field(default_factory=dict)
    entries: dict[str, set[int]] = field(default_factory=dict)
    highest: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def hear(self, data: bytes) -> None:
        """Take in what went out over a socket."""
        for message in ACKNOWLEDGED.findall(data):
            self.messages.setdefault(self.owners[message.decode()], set()).add(message.decode())
        for number, kind, session in SHOWN.findall(data):
            session_id, offset = session.decode(), int(number)
            self.highest[session_id] = max(self.highest.get(session_id, 0), offset)
            if kind == DELETED:
                self.deleted.add(session_id)
            elif not kind.endswith(b".delta.v1"):
                self.entries.setdefault(session_id, set()).add(offset)


async def record(folder: Path) -> list[Event]:
    """Record a hub that works, stops, starts again, works and is killed, while screens watch."""
    daemon, found = Daemon(folder / "home"), list[Event]()
    followers: list[Follower] = []
    try:
        for run in (1, 2):
            log = folder / f"log{run}"
            daemon.start(*command(log))
            await daemon.healthy()
            await _use(daemon, followers)
            if run == 1:
                daemon.signal(signal.SIGTERM)
                assert await daemon.ended() == 0
            else:
                daemon.kill()
            await until(lambda: b"+++ " in log.read_bytes()[-200:], "the end of the log")  # noqa: B023
            found += events(log, daemon.home)
    finally:
        for follower in followers:
            await follower.close()
        if daemon.alive:
            daemon.kill()
    return found


async def _use(daemon: Daemon, followers: list[Follower]) -> None:
    """Create three sessions, send messages to them, rename one, delete one, and see all that comes of it."""
    async with daemon.http() as http:
        created = [await http.post("/sessions", json={"providerId": "echo"}) for _ in range(3)]
        ids = [answer.json()["sessionId"] for answer in created]
        mine = [Follower(daemon, session_id, "ndjson") for session_id in ids]
        followers += mine
        for number, session_id in [(number, session_id) for number in range(4) for session_id in ids]:
            body = {"content": f"/tokens {number * 7 + 1}", "clientToken": f"t{number}"}
            assert (await http.post(f"/sessions/{session_id}/messages", json=body)).status_code == 202
        assert (await http.patch(f"/sessions/{ids[0]}", json={"metadata": {"title": "renamed"}})).status_code == 200
        assert (await http.delete(f"/sessions/{ids[1]}")).status_code == 204
        await mine[1].told()
        for session_id, follower in ((ids[0], mine[0]), (ids[2], mine[2])):
            history = await rested(http, session_id)
            await follower.caught_up(int(history[-1]["offset"]))


async def rested(http: httpx.AsyncClient, session_id: str) -> list[dict[str, Any]]:
    """Return a session's history once no turn runs or waits."""
    async with asyncio.timeout(60):
        while True:
            session = (await http.get(f"/sessions/{session_id}")).json()["data"]
            if session["turn"] is None and not session["queued"]:
                return await read_history(http, session_id)
            await asyncio.sleep(0.05)


async def judge(home: Path, said: Said) -> None:
    """Open what a power cut has left and check it against what had been said."""
    hub = await Hub(SQLiteStorageAdapter(home / "data" / "atrium.db"), home=home).start()
    try:
        page = (await hub.sessions.list_sessions(OWNER, limit=500)).data
        sessions = {session["id"] for session in page}
        assert not sessions & said.deleted, "a deletion is undone"
        assert {*said.entries, *said.messages} <= sessions | said.leaving, "a session is lost"
        for session_id in sessions:
            await _judge_session(hub, session_id, said)
        await hub.sessions.desk.transcripts.settle()
        for path in (home / "sessions").glob("*.jsonl"):
            assert path.stem in sessions, "a deleted session has a transcript"
            assert examine(path).bytes_behind == 0
    finally:
        await hub.stop()


async def _judge_session(hub: Hub, session_id: str, said: Said) -> None:
    storage = hub.sessions.storage.of(OWNER.space)
    history = [json.loads(entry.encoded) for entry in await storage.read(stream_of(session_id))]
    offsets = {int(entry["offset"]) for entry in history}
    assert said.entries.get(session_id, set()) <= offsets, "an entry that was shown is lost"
    messages = set(Fold().apply_all(history).texts)
    assert said.messages.get(session_id, set()) <= messages, "a message that was acknowledged is lost"
    assert history_violations(history) == []
    session = (await hub.sessions.get(OWNER, session_id)).data
    if session["turn"] is None and not session["queued"]:
        assert snapshot_violations(history, session) == []
    accepted = await hub.sessions.send(OWNER, session_id, "say more")
    assert int(accepted.offset) > said.highest.get(session_id, 0), "an offset is given twice"


def moments(log: list[Event], count: int, dice: random.Random) -> list[int]:
    """Return moments at which the power goes: most of them right after something was written, synced or said."""
    close = [number for number, event in enumerate(log, 1) if event.name in {"sync", "said", "rename"}]
    near = [dice.choice(close) - dice.choice([0, 0, 1]) for _ in range(count * 3 // 4)]
    return sorted([*near, *(dice.randrange(len(log) + 1) for _ in range(count - len(near)))])


def unsaid(log: list[Event]) -> Said:
    """Return a world that was told nothing yet."""
    owners: dict[str, str] = {}
    leaving: set[str] = set()
    for event in log:
        if event.name == "said":
            owners |= {message.decode(): session.decode() for session, message in ADDED.findall(event.data)}
            leaving |= {session.decode() for _, kind, session in SHOWN.findall(event.data) if kind == DELETED}
    return Said(owners, leaving)


async def _judge_cut(left: Path, said: Said, what: str, places: asyncio.Semaphore) -> None:
    """Judge what one power cut has left, and remove it; a place is free then."""
    try:
        await judge(left, said)
    except Exception as error:
        error.add_note(what)
        raise
    shutil.rmtree(left)
    places.release()


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(120)]),
        pytest.param(400, marks=[pytest.mark.faults, pytest.mark.timeout(400)]),
    ],
)
async def test_all_that_was_acknowledged_survives_a_power_cut(tmp_path: Path, count: int) -> None:
    need_strace()
    log = await record(tmp_path)
    seed = int(os.environ.get("ATRIUM_FAULT_SEED", "0")) or count
    dice, disk, said, position = random.Random(seed), Disk(), unsaid(log), 0
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as judges:
        for number, moment in enumerate(moments(log, count, dice)):
            for event in log[position:moment]:
                if event.name == "said":
                    said.hear(event.data)
                else:
                    disk.apply(event)
            position = max(position, moment)
            mode: Mode = dice.choice(["nothing", "some", "some", "some", "all"])
            await places.acquire()
            left = tmp_path / f"after{number}"
            write_to(left, disk.after_power_loss(mode, dice))
            what = f"seed {seed}, power cut {number} after event {moment} of {len(log)}, kept: {mode}"
            judges.create_task(_judge_cut(left, deepcopy(said), what, places))
    assert len(said.owners) == 24
    assert sum(map(len, said.messages.values())) + sum(map(len, said.entries.values())) > 50
