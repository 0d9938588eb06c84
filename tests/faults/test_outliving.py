"""Kill -9 at random moments under load: nothing acknowledged is lost, nothing is there twice, everybody catches up."""

import asyncio
import os
import random
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.daemon import Daemon
from tests.faults.followers import Follower
from tests.faults.ledger import Ledger
from tests.faults.load import MESSAGES, Load
from tests.faults.verdict import Judge

FOLLOWERS = 10
TRANSPORTS = ("websocket", "ndjson", "sse", "client")


class Ordeal:
    """One hub, one load, many kills; everything random comes from one seed."""

    def __init__(self, home: Path, seed: int) -> None:
        self.dice = random.Random(seed)
        self.daemon = Daemon(home)
        self.ledger = Ledger()
        self.load = Load(self.daemon, self.ledger, self.dice)
        self.judge = Judge(self.daemon, self.ledger, self.dice)
        self.followers: list[Follower] = []
        self.starts: list[float] = []
        self.starts_cpu: list[float] = []
        self.moments: Counter[str] = Counter()
        self.resumed: Counter[str] = Counter()

    async def go_through(self, kills: int) -> None:
        """Start and kill the hub so many times, judging it after nearly every start, and once more at the end."""
        try:
            for _ in range(kills):
                await self._live_and_die()
                assert not self.ledger.wrong, "\n".join(self.ledger.wrong[:20])
            await self._start()
            for story in self.ledger.stories.values():
                story.touched = True
            await self._judge(resend=MESSAGES)
            await self.judge.judge_list()
            assert not self.ledger.wrong, "\n".join(self.ledger.wrong[:20])
        finally:
            for follower in self.followers:
                await follower.close()
            if self.daemon.alive:
                self.daemon.kill()

    async def _live_and_die(self) -> None:
        self.daemon.start()
        if self.starts and self.dice.random() < 0.15:
            await asyncio.sleep(self.dice.uniform(0, statistics.median(self.starts)))
            self._kill("while it started")
            return
        await self._healthy()
        if self.dice.random() < 0.6:
            await self._judge()
        async with self.load.going():
            await asyncio.sleep(self.dice.uniform(0.02, 0.6))
            self._follow()
            await asyncio.sleep(self.dice.uniform(0.02, 0.3))
            self._kill("under load")

    def _kill(self, moment: str) -> None:
        self.daemon.kill()
        self.moments[moment] += 1

    async def _start(self) -> None:
        self.daemon.start()
        await self._healthy()

    async def _healthy(self) -> None:
        self.starts.append(await self.daemon.healthy())
        self.starts_cpu.append(self.daemon.cpu_seconds())

    async def _judge(self, resend: int = 10) -> None:
        await self.judge.judge(self.followers, resend=resend)
        for follower in [one for one in self.followers if one.ended or self._is_full(one)]:
            self.resumed[follower.transport] += follower.connections
            await follower.close()
            self.followers.remove(follower)

    def _is_full(self, follower: Follower) -> bool:
        story = self.ledger.stories[follower.session_id]
        return len(story.sent) >= MESSAGES and not story.touched

    def _follow(self) -> None:
        """Open screens on sessions in use, from the beginning or from some entry on."""
        stories = self.ledger.usable(MESSAGES)
        while stories and len(self.followers) < FOLLOWERS:
            story = self.dice.choice(stories)
            offsets = [0, *(int(sent.answer["offset"]) for sent in story.sent.values() if sent.answer)]
            transport = TRANSPORTS[len(self.followers) % len(TRANSPORTS)]
            self.followers.append(Follower(self.daemon, story.id, transport, self.dice.choice(offsets)))

    def summary(self, seed: int, seconds: float) -> str:
        """Return the figures of the ordeal."""
        ledger = self.ledger
        deleted = sum(story.deletion == "acknowledged" for story in ledger.stories.values())
        renamed = sum(known for story in ledger.stories.values() for _, known in story.titles)
        slow = sum(start >= 3 for start in self.starts)
        return (
            f"seed {seed}: {sum(self.moments.values())} kills ({dict(self.moments)}) in {seconds:.0f} s\n"
            f"acknowledged: {ledger.acknowledged} messages, {renamed} renames, {len(ledger.stories)} sessions, "
            f"{deleted} deletions; {self.judge.interrupted} interrupted turns; refused: {self.load.refusals}\n"
            f"connections of screens: {dict(self.resumed)}\n"
            f"start to first healthy answer: median {statistics.median(self.starts):.2f} s, "
            f"longest {max(self.starts):.2f} s, {slow} of {len(self.starts)} took 3 s or more; "
            f"processor time: median {statistics.median(self.starts_cpu):.2f} s, longest {max(self.starts_cpu):.2f} s"
        )


async def _survives(tmp_path: Path, kills: int, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("ATRIUM_FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    ordeal, began = Ordeal(tmp_path / "home", seed), time.monotonic()
    try:
        await ordeal.go_through(kills)
    finally:
        with capsys.disabled():
            print(f"\n{ordeal.summary(seed, time.monotonic() - began)}")


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_25_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await _survives(tmp_path, 25, capsys)


@pytest.mark.faults
@pytest.mark.timeout(1800)
async def test_200_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await _survives(tmp_path, 200, capsys)
