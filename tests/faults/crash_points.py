"""How each crash point of the source is reached: a past, and what is done with the hub until it dies there."""

import random
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.daemon import Daemon, until
from tests.faults.followers import Follower
from tests.faults.ledger import Ledger, Sent, Story
from tests.faults.load import Load, Unanswered, ask, create, send, upload
from tests.faults.verdict import Judge
from tests.sessions.pictures import png

SOURCES = Path(__file__).parents[2] / "src" / "atrium"
CALL = re.compile(r"crash_point\(\s*\"([a-z_.]+)\"")


def points_in_source() -> set[str]:
    """Return the names of all crash points that the source has."""
    return {name for path in SOURCES.rglob("*.py") for name in CALL.findall(path.read_text("utf-8"))}


class Trial:
    """One hub that dies at a crash point, what it had acknowledged until then, and two screens that watched it."""

    def __init__(self, home: Path, seed: int = 1) -> None:
        dice = random.Random(seed)
        self.daemon = Daemon(home)
        self.ledger = Ledger()
        self.load = Load(self.daemon, self.ledger, dice)
        self._judge = Judge(self.daemon, self.ledger, dice)
        self._followers: list[Follower] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the hub and see to it that nothing is left of it or of its screens after the block."""
        try:
            yield
        finally:
            for follower in self._followers:
                await follower.close()
            if self.daemon.alive:
                self.daemon.kill()

    async def start(self) -> None:
        """Start the hub as it should be."""
        self.daemon.start()
        await self.daemon.healthy()

    async def comes_up(self) -> bool:
        """Wait until the hub answers; return false if it died as it started."""
        try:
            await self.daemon.healthy()
        except AssertionError:
            if self.daemon.alive:
                raise
            return False
        return True

    async def session(self, *contents: str) -> Story:
        """Create a session and send messages to it."""
        async with self.daemon.http() as http:
            key = f"own-{len(self.ledger.creations)}"
            self.ledger.creations[key] = None
            story = await create(http, self.ledger, key)
            for number, content in enumerate(contents):
                story.sent[f"own-{number}"] = Sent(content)
                await send(http, self.ledger, story, f"own-{number}")
        return story

    def watch(self, story: Story) -> None:
        """Open screens on a session."""
        for transport in ("websocket", "ndjson"):
            self._followers.append(Follower(self.daemon, story.id, transport))

    async def died(self) -> None:
        """Wait for the hub to die, which it must by the signal that a crash point sends."""
        code = await self.daemon.ended()
        assert code == -signal.SIGKILL, f"it ended with {code}:\n{self.daemon.output()}"

    async def judge(self) -> None:
        """Start the hub again and compare all there is with what was acknowledged and shown."""
        await self.start()
        for story in self.ledger.stories.values():
            story.touched = True
        await self._judge.judge(self._followers, resend=50)
        await self._judge.judge_list()
        assert not self.ledger.wrong, "\n".join(self.ledger.wrong[:20])
        assert self.daemon.alive


Deed = Callable[[Trial], Awaitable[None]]


async def nothing(trial: Trial) -> None:
    """Do nothing: the point is reached as the hub starts."""


async def work(trial: Trial) -> None:
    """Have people at work until the hub is gone."""
    if not await trial.comes_up():
        return
    with suppress(Unanswered):
        for _ in range(3):
            trial.watch(await trial.session("/tokens 20", "/tool weather"))
        async with trial.load.going():
            await until(lambda: not trial.daemon.alive, "the hub to die")


async def stop(trial: Trial) -> None:
    """Stop the hub in order."""
    await trial.daemon.healthy()
    await trial.session("/tokens 20")
    trial.daemon.signal(signal.SIGTERM)


async def delete(trial: Trial) -> None:
    """Delete a session while others are there."""
    await trial.daemon.healthy()
    stories = [await trial.session("/tokens 20", "/tokens 5") for _ in range(3)]
    trial.watch(stories[0])
    stories[0].deletion = "asked"
    with suppress(Unanswered):
        async with trial.daemon.http() as http:
            await ask(http, "DELETE", f"/sessions/{stories[0].id}")


async def attach(trial: Trial) -> None:
    """Upload images and send each, until the hub is gone."""
    await trial.daemon.healthy()
    story = await trial.session("/tokens 5")
    with suppress(Unanswered):
        async with trial.daemon.http() as http:
            for number in range(10):
                image = await upload(http, story, png(colour=number))
                story.sent[f"image-{number}"] = Sent(f"look at {number}", attachments=(image,))
                await send(http, trial.ledger, story, f"image-{number}")


async def no_past(trial: Trial) -> None:
    """Leave nothing: the home is new."""


async def past_turns(trial: Trial) -> None:
    """Leave turns that were cut, and others that wait behind them."""
    await trial.start()
    for _ in range(2):
        trial.watch(await trial.session("/sleep 3000", "/tokens 3"))
    trial.daemon.kill()


async def past_deletion(trial: Trial) -> None:
    """Leave a deletion that is stored and not finished."""
    trial.daemon.start(ATRIUM_CRASH_AT="deletion.stored")
    await delete(trial)
    await trial.died()


async def past_transcript(trial: Trial, tear: Callable[[bytes], bytes]) -> None:
    await trial.start()
    story = await trial.session("/tokens 20", "/tokens 5")
    trial.daemon.signal(signal.SIGTERM)
    assert await trial.daemon.ended() == 0
    path = trial.daemon.home / "sessions" / f"{story.id}.jsonl"
    path.write_bytes(tear(path.read_bytes()))


async def past_cut(trial: Trial) -> None:
    """Leave a transcript whose last line is cut."""
    await past_transcript(trial, lambda text: text[:-30])


async def past_damage(trial: Trial) -> None:
    """Leave a transcript that is damaged in the middle."""
    await past_transcript(trial, lambda text: text.replace(b"tokens 20", b"tokens 21", 1))


@dataclass(frozen=True, slots=True)
class Row:
    """How a point is reached, and which times of reaching it are tried."""

    deed: Deed
    times: tuple[int, ...] = (1,)
    past: Deed = no_past


ROWS: dict[str, Row] = {
    "home.folder_created": Row(nothing, (6,)),
    "lock.taken": Row(nothing),
    "storage.created": Row(nothing),
    "storage.migrating": Row(nothing),
    "storage.migrated": Row(nothing),
    "storage.taken": Row(work, (60,)),
    "storage.written": Row(work, (3, 61)),
    "storage.committed": Row(work, (4, 62)),
    "storage.told": Row(work, (80,)),
    "run_file.written": Row(nothing, (2,)),
    "run_file.replaced": Row(nothing, (1, 2)),
    "run_file.removed": Row(stop, (1, 2)),
    "options.torn": Row(nothing),
    "options.written": Row(nothing),
    "stop.stored": Row(stop),
    "turn.started": Row(work, (20,)),
    "turn.event": Row(work, (400,)),
    "turn.ending": Row(work, (20,)),
    "turn.ended": Row(work, (20,)),
    "attachment.written": Row(attach, (3,)),
    "attachment.stored": Row(attach, (3,)),
    "attachment.renamed": Row(attach, (3,)),
    "deletion.stored": Row(delete),
    "deletion.swept": Row(delete),
    "deletion.unlinked": Row(nothing, past=past_deletion),
    "deletion.finished": Row(nothing, past=past_deletion),
    "recovery.interrupted": Row(nothing, past=past_turns),
    "recovery.recounting": Row(nothing, (2,), past=past_turns),
    "transcript.torn": Row(work, (1,)),
    "transcript.written": Row(work, (12,)),
    "transcript.mended": Row(nothing, past=past_cut),
    "transcript.set_aside": Row(nothing, past=past_damage),
}
"""All crash points of the hub."""

MODEL_POINTS = ("model.written", "model.synced", "model.renamed")
PROVIDER_POINTS = (
    "provider.retrying",
    "provider.asking_again",
    "provider.falling_back",
    "provider.fell_back",
    "provider.switched",
)
SUMMARY_POINTS = ("summary.writing", "summary.stored")
APPROVAL_POINTS = ("approvals.asked", "approvals.closed", "approvals.taken")
USAGE_POINTS = ("usage.counting", "usage.counted")
SECRET_POINTS = ("secrets.written", "secrets.replaced")


async def endure(home: Path, point: str, time: int) -> None:
    """Die at a point and live on; raises `AssertionError` if the point is not reached or something is lost."""
    row, trial = ROWS[point], Trial(home)
    async with trial.running():
        await row.past(trial)
        trial.daemon.start(ATRIUM_CRASH_AT=f"{point}:{time}")
        await row.deed(trial)
        await trial.died()
        await trial.judge()
