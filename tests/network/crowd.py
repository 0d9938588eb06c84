"""A real hub, the people who write to it and the screens that follow, as the state machine drives them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from atrium.testing.daemon import DaemonProcess
from atrium.testing.history import (
    follower_violations,
    history_violations,
    messages_violations,
    snapshot_violations,
    stream_violations,
)
from tests.faults.ledger import Sent, Story
from tests.faults.verdict import acknowledged_violations, read_messages
from tests.network.hub import PATIENCE, calls, history, hub_at, new_session, note_at, session_at
from tests.network.screens import Screen, Transport

NARROW = 4096
NOTE = "n1"


class Crowd:
    """Everybody who talks to one hub, and what each was told. `screen_type` may be one that reads wrongly."""

    def __init__(self, home: Path, screen_type: type[Screen] = Screen) -> None:
        self.stories: list[Story] = []
        self.screens: list[tuple[Story | None, Screen]] = []
        self.kills = 0
        self._home = home
        self._screen_type = screen_type
        self._following: dict[Screen, asyncio.Task[None]] = {}
        self._stack = AsyncExitStack()
        self._calls = AsyncExitStack()
        self._daemon: DaemonProcess
        self._http: httpx.AsyncClient

    async def open(self) -> None:
        """Start the hub with one session and one note."""
        self._daemon = await self._stack.enter_async_context(hub_at(self._home))
        self._http = await self._calls.enter_async_context(calls(self._daemon))
        answer = await self._http.post("/notes", json={"noteId": NOTE})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        await self.create()

    async def close(self) -> None:
        """Leave, and stop the hub."""
        for task in self._following.values():
            task.cancel()
        await asyncio.gather(*self._following.values(), return_exceptions=True)
        await self._calls.aclose()
        await self._stack.aclose()

    async def create(self) -> None:
        """Begin a session."""
        self.stories.append(Story(await new_session(self._http)))

    async def send(self, story: Story, token: str, content: str) -> None:
        """Send a message, or one again: the same token gets the same answer for ever."""
        sent = story.sent.setdefault(token, Sent(content))
        body = {"content": sent.content, "clientToken": token}
        answer = await self._http.post(f"/sessions/{story.id}/messages", json=body)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        told: dict[str, Any] = answer.json()
        assert sent.answer is None or sent.answer == told
        sent.answer = told

    async def rename(self, story: Story, title: str) -> None:
        """Give a session another title."""
        answer = await self._http.patch(f"/sessions/{story.id}", json={"metadata": {"title": title}})
        assert answer.status_code == httpx.codes.OK, answer.text
        story.titles.append((title, True))

    async def act(self, story: Story, act: str) -> None:
        """Cancel or retry; there may be nothing that could be."""
        answer = await self._http.post(f"/sessions/{story.id}/{act}", json={})
        assert answer.status_code in {202, 409}, answer.text

    async def write(self, words: int, size: int) -> None:
        """Append to the note."""
        answer = await self._http.post(f"/notes/{NOTE}/words", json={"words": ["x" * size] * words})
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text

    def watch(self, story: Story | None, transport: Transport, after: int = 0) -> Screen:
        """Follow a session, or the note, from now until `leave`."""
        find = note_at(self._daemon, NOTE) if story is None else session_at(self._daemon, story.id)
        screen = self._screen_type(find, transport, after)
        self.screens.append((story, screen))
        self._following[screen] = asyncio.create_task(screen.follow(narrow=NARROW))
        return screen

    async def leave(self, number: int) -> None:
        """End a screen."""
        _, screen = self.screens.pop(number)
        task = self._following.pop(screen)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def kill(self, sending: list[tuple[Story, str, str]]) -> None:
        """Kill the hub while messages are on their way, start it again, and send those whose outcome nobody knows."""
        self.kills += 1
        flight = [asyncio.create_task(self.send(*message)) for message in sending]
        # Requests leave in the first turns of the loop: some arrive, some do not.
        await asyncio.sleep(0.002)
        await self._daemon.kill()
        await asyncio.gather(*flight, return_exceptions=True)
        await self._again()
        for story, token, content in sending:
            await self.send(story, token, content)

    async def restart(self) -> None:
        """Stop the hub in order and start it again."""
        assert await self._daemon.stop() == 0
        await self._again()

    async def judge(self) -> None:
        """Let everything come to rest and every screen catch up; then hold all to each other."""
        wrong: list[str] = []
        for story in self.stories:
            wrong += await self._judge_session(story)
        wrong += await self._judge_note()
        assert not wrong, "\n".join(wrong[:20])

    async def _again(self) -> None:
        await self._calls.aclose()
        await self._daemon.start()
        self._http = await self._calls.enter_async_context(calls(self._daemon))

    async def _judge_session(self, story: Story) -> list[str]:
        session = await self._rested(story)
        told = await history(self._http, f"/sessions/{story.id}/events")
        messages = await read_messages(self._http, story.id)
        wrong = [*history_violations(told), *snapshot_violations(told, session), *messages_violations(told, messages)]
        wrong += acknowledged_violations(story, told)
        for screen in await self._caught_up(story, int(told[-1]["offset"]) if told else 0):
            wrong += follower_violations(screen.seen, told, after=screen.after)
        return [f"{story.id}: {one}" for one in wrong]

    async def _judge_note(self) -> list[str]:
        told = await history(self._http, f"/notes/{NOTE}/entries")
        wrong = stream_violations(told)
        for screen in await self._caught_up(None, int(told[-1]["offset"])):
            if screen.seen != [entry for entry in told if int(entry["offset"]) > screen.after]:
                wrong.append(f"a screen over {screen.transport} saw {len(screen.seen)} entries of {len(told)}")
        return wrong

    async def _caught_up(self, story: Story | None, last: int) -> list[Screen]:
        """Return the screens of a stream once each has its last entry."""
        screens = [screen for owner, screen in self.screens if owner is story]
        for screen in screens:
            screen.awake.set()
            screen.looked_up.clear()
        async with asyncio.timeout(PATIENCE):
            for screen in screens:
                while screen.cursor < last and not self._following[screen].done():
                    screen.looked_up.clear()
                    await screen.looked_up.wait()
        return screens

    async def _rested(self, story: Story) -> dict[str, Any]:
        """Wait until nothing runs or waits, retrying what was interrupted; return the session."""
        async with asyncio.timeout(PATIENCE):
            while True:
                session: dict[str, Any] = (await self._http.get(f"/sessions/{story.id}")).json()["data"]
                if session["turn"] is None and not session["queued"]:
                    return session
                if session["turn"] is not None and session["turn"]["status"] == "interrupted":
                    await self.act(story, "retry")
                await asyncio.sleep(0.002)
