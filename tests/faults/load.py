"""People at work: they create, send, rename, cancel and delete until the hub is gone, and note what it acknowledged."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.faults.daemon import Daemon
from tests.faults.ledger import Ledger, Sent, Story

SESSIONS = 6
MESSAGES = 50
SENDERS = 5

_CONTENTS: list[tuple[int, Callable[[random.Random], str]]] = [
    (50, lambda dice: f"/tokens {dice.randint(1, 40)}"),
    (20, lambda dice: " ".join(f"word{dice.randint(0, 99)}" for _ in range(dice.randint(1, 12)))),
    (8, lambda dice: f"/sleep {dice.uniform(0.02, 0.3):.2f}"),
    (6, lambda dice: f"/think {dice.randint(1, 9)}"),
    (6, lambda dice: "/tool weather"),
    (4, lambda dice: "/fail auth"),
    (4, lambda dice: f"/tokens {dice.randint(500, 2000)}"),
    (2, lambda dice: f"/big {dice.randint(10_000, 100_000)}"),
]


class Unanswered(Exception):
    """The hub went away before it answered."""


class Load:
    """The same people over all runs of a hub."""

    def __init__(self, daemon: Daemon, ledger: Ledger, dice: random.Random) -> None:
        self._daemon = daemon
        self._ledger = ledger
        self._dice = dice
        self._over = False
        self._count = 0
        self.refusals: dict[str, int] = {}

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Work for as long as the block lasts, which should end with the hub; then wait until everybody knows."""
        self._over = False
        async with self._daemon.http() as http, asyncio.TaskGroup() as people:
            for work in [*[self._send] * SENDERS, self._create, self._rename, self._cancel, self._delete]:
                people.create_task(self._go_on(http, work))
            try:
                yield
            finally:
                self._over = True

    async def _go_on(self, http: httpx.AsyncClient, work: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        while not self._over:
            try:
                await work(http)
            except Unanswered:
                return
            await asyncio.sleep(self._dice.uniform(0, 0.01))

    def _story(self) -> Story | None:
        stories = self._ledger.usable(MESSAGES)
        story = self._dice.choice(stories) if stories else None
        if story is not None:
            story.touched = True
        return story

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"

    async def _create(self, http: httpx.AsyncClient) -> None:
        if len(self._ledger.usable(MESSAGES)) < SESSIONS:
            key = self._name("creation")
            self._ledger.creations[key] = None
            await create(http, self._ledger, key)

    async def _send(self, http: httpx.AsyncClient) -> None:
        story = self._story()
        if story is None:
            return
        unknown = story.unknown()
        if unknown and self._dice.random() < 0.5:
            token = self._dice.choice(unknown)
        elif story.sent and self._dice.random() < 0.05:
            token = self._dice.choice(list(story.sent))
        else:
            token = self._name("token")
            weights, contents = zip(*_CONTENTS, strict=True)
            story.sent[token] = Sent(self._dice.choices(contents, weights)[0](self._dice))
        self._refused("send", await send(http, self._ledger, story, token), {404, 429})

    async def _rename(self, http: httpx.AsyncClient) -> None:
        story = self._story()
        if story is None:
            return
        title = self._name("title")
        story.titles.append((title, False))
        answer = await ask(http, "PATCH", f"/sessions/{story.id}", {"metadata": {"title": title}})
        if answer.status_code == 200:
            story.titles[-1] = (title, True)
        else:
            story.titles.pop()
        self._refused("rename", answer.status_code, {404})
        await asyncio.sleep(0.02)

    async def _cancel(self, http: httpx.AsyncClient) -> None:
        await asyncio.sleep(self._dice.uniform(0.02, 0.1))
        story = self._story()
        if story is None:
            return
        answer = await ask(http, "POST", f"/sessions/{story.id}/cancel", {})
        if answer.status_code == 202:
            story.endings[answer.json()["turnId"]] = answer.json()["status"]
        self._refused("cancel", answer.status_code, {404, 409})

    async def _delete(self, http: httpx.AsyncClient) -> None:
        await asyncio.sleep(self._dice.uniform(0.1, 0.5))
        story = self._story()
        if story is None or len(self._ledger.usable(MESSAGES)) < 3:
            return
        story.deletion = "asked"
        answer = await ask(http, "DELETE", f"/sessions/{story.id}")
        if answer.status_code == 204:
            story.deletion = "acknowledged"
        self._refused("delete", answer.status_code, set())

    def _refused(self, what: str, status: int, expected: set[int]) -> None:
        if status in expected:
            self.refusals[f"{what} {status}"] = self.refusals.get(f"{what} {status}", 0) + 1
        elif status >= 300:
            self._ledger.wrong.append(f"{what} was answered {status}")


async def ask(http: httpx.AsyncClient, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    """Send one request; raises `Unanswered`. A hub that stops says 503, and has done nothing."""
    try:
        answer = await http.request(method, path, json=body, headers=headers)
    except httpx.TransportError as error:
        raise Unanswered from error
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise Unanswered
    return answer


async def send(http: httpx.AsyncClient, ledger: Ledger, story: Story, token: str) -> int:
    """Send a message under a token, for the first time or again; returns the status of the answer."""
    sent = story.sent[token]
    body = {"content": sent.content, "clientToken": token, "attachments": sent.attachments}
    answer = await ask(http, "POST", f"/sessions/{story.id}/messages", body)
    if answer.status_code == httpx.codes.ACCEPTED:
        ledger.accepted(story, token, answer.json())
    return answer.status_code


async def upload(http: httpx.AsyncClient, story: Story, image: bytes) -> str:
    """Upload an image and return its id; raises `Unanswered`."""
    headers = {"Content-Type": "image/png"}
    try:
        path = f"/sessions/{story.id}/attachments"
        answer = await http.post(path, params={"name": "a.png"}, content=image, headers=headers)
    except httpx.TransportError as error:
        raise Unanswered from error
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return str(answer.json()["attachmentId"])


async def create(http: httpx.AsyncClient, ledger: Ledger, key: str) -> Story:
    """Create a session under a key, for the first time or again."""
    answer = await ask(http, "POST", "/sessions", {"providerId": "echo"}, **{"Idempotency-Key": key})
    assert answer.status_code == httpx.codes.CREATED, answer.text
    known = ledger.creations.get(key)
    if known not in (None, answer.json()["sessionId"]):
        ledger.wrong.append(f"{key} created {known}, then {answer.json()['sessionId']}")
    return ledger.created(key, answer.json()["sessionId"])
