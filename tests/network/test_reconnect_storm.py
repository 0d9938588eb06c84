"""R09: two thousand screens on a hundred streams, all cut at once and again, while fifty thousand entries flow."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import orjson
import pytest

from atrium.testing.daemon import DaemonProcess
from tests.network.hub import calls, history, hub_at, note_at
from tests.network.place import Place
from tests.network.screens import FIELDS, Entry, Screen

NOTES, ENTRIES, WATCHING, STEPS = 100, 500, 20, 5
CALM_ROUNDS, PAUSE_SECONDS = 5, 0.02
P99_SECONDS = 0.1
SLOWER = 3
"""A busy machine delays even a single screen: all together may wait this many times as long."""
STAMP = "sent at "

pytestmark = [pytest.mark.storm, pytest.mark.timeout(400)]


def digest_of(entry: Entry) -> bytes:
    return orjson.dumps([entry[name] for name in FIELDS])


class Punctual(Screen):
    """Keeps a digest of all entries, in order, since a million of them would not fit; and how long words took.

    A word that says when it was sent is timed: both processes read the same clock.
    """

    def __init__(self, find: Callable[[], Place]) -> None:
        super().__init__(find, "websocket")
        self.delays: list[float] = []
        self.digest = hashlib.blake2b()

    def _take(self, entry: Entry) -> None:
        word = str(entry["data"].get("word", ""))
        if word.startswith(STAMP):
            self.delays.append(time.monotonic() - float(word.removeprefix(STAMP)))
        self.digest.update(digest_of(entry))
        self.cursor = int(entry["offset"])
        self.looked_up.set()


Crowds = dict[str, list[Punctual]]


async def write(http: httpx.AsyncClient, note: str, words: list[str]) -> None:
    answer = await http.post(f"/notes/{note}/words", json={"words": words})
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text


async def all_have(screens: list[Punctual], reached: Callable[[Punctual], bool]) -> None:
    """Wait until something holds for every screen."""
    for screen in screens:
        while not reached(screen):
            screen.looked_up.clear()
            await screen.looked_up.wait()


def has(offset: int, screen: Screen) -> bool:
    return screen.cursor >= offset


async def calm_p99(http: httpx.AsyncClient, crowds: Crowds, rounds: int = CALM_ROUNDS) -> float:
    """Once all are up to date, write a word to each note in turn, several times; return the delays' 99th percentile."""
    screens = [screen for some in crowds.values() for screen in some]
    for note, some in crowds.items():
        head = int((await http.post("/notes", json={"noteId": note})).json()["offset"])
        await all_have(some, partial(has, head))
    for screen in screens:
        screen.delays.clear()
    for _ in range(rounds):
        for note in crowds:
            await write(http, note, [f"{STAMP}{time.monotonic()}"])
            await asyncio.sleep(PAUSE_SECONDS)
    await all_have(screens, lambda screen: len(screen.delays) >= rounds)
    delays = sorted(delay for screen in screens for delay in screen.delays)
    assert len(delays) == rounds * len(screens)
    return delays[len(delays) * 99 // 100]


async def storm(http: httpx.AsyncClient, crowds: Crowds) -> None:
    """Write to every note, and cut all screens in the middle of it, twice."""
    for step in range(STEPS):
        for number, note in enumerate(crowds):
            await write(http, note, [f"{step}.{one}" for one in range(ENTRIES // STEPS)])
            if step in {1, 3} and number == NOTES // 2:
                for some in crowds.values():
                    for screen in some:
                        screen.cut()


async def judge(http: httpx.AsyncClient, crowds: Crowds) -> None:
    """Check that each screen has seen each entry of its note once and in order."""
    for note, some in crowds.items():
        told = await history(http, f"/notes/{note}/entries")
        assert len(told) == 1 + ENTRIES + 2 * (1 + CALM_ROUNDS)
        await all_have(some, partial(has, int(told[-1]["offset"])))
        whole = hashlib.blake2b(b"".join(digest_of(entry) for entry in told)).digest()
        assert all(screen.digest.digest() == whole for screen in some), note
        assert all(screen.connections >= 3 for screen in some)


async def alone_p99(http: httpx.AsyncClient, daemon: DaemonProcess) -> float:
    """Return what a single screen waits."""
    await http.post("/notes", json={"noteId": "alone"})
    screen = Punctual(note_at(daemon, "alone"))
    following = asyncio.create_task(screen.follow())
    p99 = await calm_p99(http, {"alone": [screen]}, rounds=200)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    return p99


async def test_a_storm_of_reconnects_loses_nothing_and_delays_nobody_for_long(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as daemon, calls(daemon) as http:
        alone = await alone_p99(http, daemon)
        names = [f"n{number}" for number in range(NOTES)]
        for name in names:
            await http.post("/notes", json={"noteId": name})
        crowds = {name: [Punctual(note_at(daemon, name)) for _ in range(WATCHING)] for name in names}
        following = [asyncio.create_task(screen.follow()) for some in crowds.values() for screen in some]
        before = await calm_p99(http, crowds)
        await storm(http, crowds)
        after = await calm_p99(http, crowds)
        await judge(http, crowds)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    print(
        f"p99: {alone * 1000:.0f} ms alone, {before * 1000:.0f} with 2,000 screens, {after * 1000:.0f} after the storm"
    )
    assert max(before, after) < max(P99_SECONDS, SLOWER * alone)
