"""The verdict after each start: what the hub acknowledged against what it shows now."""

import asyncio
import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from atrium.testing.history import (
    Fold,
    durable,
    follower_violations,
    history_violations,
    messages_violations,
    snapshot_violations,
)
from tests.faults.daemon import Daemon, until
from tests.faults.followers import Follower
from tests.faults.ledger import Ledger, Story
from tests.faults.load import create, send

Entry = dict[str, Any]

LONGEST_PAUSE = 0.2
"""Seconds between two looks at a session: eight at once that look more often keep the hub from its work."""


class Judge:
    """Settles what was left open by a kill, waits until the sessions rest, and compares."""

    def __init__(self, daemon: Daemon, ledger: Ledger, dice: random.Random) -> None:
        self._daemon = daemon
        self._ledger = ledger
        self._dice = dice
        self.interrupted = 0

    async def judge(self, followers: Sequence[Follower], *, resend: int = 10) -> None:
        """Judge every session that was touched since it was last judged.

        Sends again what nobody knows the outcome of, and `resend` other messages of each session.
        """
        async with self._daemon.http() as http:
            for key in [key for key, session_id in self._ledger.creations.items() if session_id is None]:
                await create(http, self._ledger, key)
            stories = [story for story in self._ledger.stories.values() if story.touched]
            for start in range(0, len(stories), 8):
                some = stories[start : start + 8]
                await asyncio.gather(*[self._judge(http, story, followers, resend) for story in some])

    async def _judge(self, http: httpx.AsyncClient, story: Story, followers: Sequence[Follower], resend: int) -> None:
        own = [follower for follower in followers if follower.session_id == story.id]
        if story.deletion and await self._is_gone(http, story):
            for follower in own:
                await follower.told()
            transcript = self._transcript(story)
            await until(lambda: not transcript.exists(), f"{transcript} to be removed")
        else:
            await self._settle(http, story, resend)
            history = await self._rested(http, story)
            self._say(story, acknowledged_violations(story, history))
            await self._judge_transcript(story, history)
            for follower in own:
                await follower.caught_up(int(history[-1]["offset"]) if history else 0)
                self._say(story, follower_violations(follower.seen, history, after=follower.after), follower.transport)
        for follower in own:
            self._ledger.wrong.extend(follower.wrong)
        story.touched = False

    def _say(self, story: Story, wrong: Sequence[str], what: str = "history") -> None:
        self._ledger.wrong.extend(f"{story.id} ({what}): {one}" for one in wrong)

    async def _is_gone(self, http: httpx.AsyncClient, story: Story) -> bool:
        statuses = {
            (await http.get(f"/sessions/{story.id}{path}")).status_code for path in ("", "/events", "/messages")
        }
        if statuses == {404}:
            story.deletion = "acknowledged"
            return True
        if story.deletion == "acknowledged" or statuses != {200}:
            self._ledger.wrong.append(f"{story.id}: was deleted ({story.deletion}), but answers {statuses}")
        story.deletion = ""
        return False

    async def _settle(self, http: httpx.AsyncClient, story: Story, resend: int) -> None:
        """Send tokens again: each gets the answer it got, and what never arrived does so now."""
        known = [token for token, sent in story.sent.items() if sent.answer is not None]
        for token in [*story.unknown(), *self._dice.sample(known, min(resend, len(known)))]:
            status = await send(http, self._ledger, story, token)
            if status != httpx.codes.ACCEPTED:
                self._ledger.wrong.append(f"{story.id}: token {token} was answered {status} when sent again")

    async def _rested(self, http: httpx.AsyncClient, story: Story) -> list[Entry]:
        """Wait until nothing runs or waits, unblocking what waits behind an interrupted turn; return the history."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + 60, 0.01
        while True:
            before = (await http.get(f"/sessions/{story.id}")).json()
            session = before["data"]
            if session["turn"] is not None and session["turn"]["status"] == "interrupted":
                await self._unblock(http, story, session)
            elif session["turn"] is None and not session["queued"]:
                history = await self._read(http, story, session)
                if history is not None:
                    self._check_revision(story, int(before["revision"]))
                    return history
            assert loop.time() < deadline, f"{story.id} does not come to rest: {session}"
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _read(self, http: httpx.AsyncClient, story: Story, session: Entry) -> list[Entry] | None:
        """Return the history if the session has not changed meanwhile, judged together with the session's snapshot."""
        history = await read_history(http, story.id)
        messages = await read_messages(http, story.id)
        if (await http.get(f"/sessions/{story.id}")).json()["data"] != session:
            return None
        self._say(story, history_violations(history))
        self._say(story, snapshot_violations(history, session), "snapshot")
        self._say(story, messages_violations(history, messages), "messages")
        await self._judge_images(http, story, history)
        return history

    async def _judge_images(self, http: httpx.AsyncClient, story: Story, history: Sequence[Entry]) -> None:
        """Find every image that a message names, whole, and no file that is none of them."""
        named = {one["attachmentId"] for entry in history for one in entry["data"].get("attachments", ())}
        for image in named:
            answer = await http.get(f"/sessions/{story.id}/attachments/{image}")
            if hashlib.sha256(answer.content).hexdigest() != image:
                self._ledger.wrong.append(
                    f"{story.id}: a message names {image}, which is answered {answer.status_code}"
                )
        half = [*(self._daemon.home / "sessions" / "attachments" / "incoming").glob("*")]
        if half:
            self._ledger.wrong.append(f"of uploads that were cut there is {half}")

    async def _unblock(self, http: httpx.AsyncClient, story: Story, session: Entry) -> None:
        """Find the interrupted turn where it should be, then retry or dismiss it."""
        self.interrupted += 1
        history = await read_history(http, story.id)
        turns = Fold().apply_all(history).turns
        running = [turn for turn, status in turns.items() if status == "running"]
        if running or turns.get(session["turn"]["id"]) != "interrupted":
            self._ledger.wrong.append(f"{story.id}: {session['turn']} blocks, its history has {turns}")
        act = self._dice.choice(["retry", "cancel"])
        answer = await http.post(f"/sessions/{story.id}/{act}", json={})
        if answer.status_code != httpx.codes.ACCEPTED:
            self._ledger.wrong.append(f"{story.id}: {act} of an interrupted turn was answered {answer.text}")

    def _check_revision(self, story: Story, revision: int) -> None:
        if revision < story.revision:
            self._ledger.wrong.append(f"{story.id}: revision went back from {story.revision} to {revision}")
        story.revision = revision

    def _transcript(self, story: Story) -> Path:
        return self._daemon.home / "sessions" / f"{story.id}.jsonl"

    async def _judge_transcript(self, story: Story, history: Sequence[Entry]) -> None:
        path, want = self._transcript(story), durable(history)
        if want:
            await until(lambda: path.exists() and path.read_bytes().count(b"\n") >= len(want), f"all of {path}")
        got = [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        if [{name: value for name, value in line.items() if name != "crc"} for line in got] != want:
            self._ledger.wrong.append(f"{story.id}: its transcript has {len(got)} lines, its history {len(want)}")

    async def judge_list(self) -> None:
        """Compare the list of sessions with the ledger."""
        expected = {story.id for story in self._ledger.stories.values() if not story.deletion}
        async with self._daemon.http() as http:
            listed: list[str] = []
            cursor = None
            while True:
                page = (
                    await http.get("/sessions", params={"limit": "100"} | ({"cursor": cursor} if cursor else {}))
                ).json()
                listed.extend(session["id"] for session in page["data"])
                cursor = page["nextCursor"]
                if cursor is None:
                    break
        if sorted(listed) != sorted(expected):
            self._ledger.wrong.append(
                f"listed are {len(listed)} sessions, {len(expected)} were created and not deleted"
            )


async def read_history(http: httpx.AsyncClient, session_id: str) -> list[Entry]:
    """Return all entries of a session."""
    answer = await http.get(f"/sessions/{session_id}/events", params={"after": "0"})
    assert answer.status_code == httpx.codes.OK, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def read_messages(http: httpx.AsyncClient, session_id: str) -> list[Entry]:
    """Return all messages of a session, page by page."""
    found: list[Entry] = []
    params = {"limit": "100"}
    while True:
        page = (await http.get(f"/sessions/{session_id}/messages", params=params)).json()
        found.extend(page["data"])
        if page["nextCursor"] is None:
            return found
        params["cursor"] = page["nextCursor"]


def acknowledged_violations(story: Story, history: Sequence[Entry]) -> list[str]:
    """Compare what was acknowledged of a session with its history."""
    fold, wrong = Fold().apply_all(history), []
    for token, sent in story.sent.items():
        entry = fold.tokens.get(token)
        if sent.answer is None or entry is None:
            wrong.append(f"token {token}, answered {sent.answer}, is {entry} in the history")
            continue
        data = entry["data"]
        got = {"messageId": data["messageId"], "turnId": data["turnId"], "offset": entry["offset"]}
        if got != sent.answer or data["content"] != sent.content:
            wrong.append(f"token {token} was answered {sent.answer}, the history has {got}")
    if extra := set(fold.tokens) - set(story.sent):
        wrong.append(f"nobody sent {extra}")
    return [*wrong, *_title_violations(story, history), *_ending_violations(story, fold)]


def _title_violations(story: Story, history: Sequence[Entry]) -> list[str]:
    """Check that all acknowledged renames are there in order, and others at most once."""
    told = [entry["data"]["title"] for entry in history if entry["type"] == "sessions.session.renamed.v1"]
    acknowledged = [title for title, known in story.titles if known]
    possible = [title for title, known in story.titles if known or title in told]
    if told != possible:
        return [f"renames are {told}; acknowledged were {acknowledged}, asked for {story.titles}"]
    return []


def _ending_violations(story: Story, fold: Fold) -> list[str]:
    """Check how cancelled turns ended; one that was interrupted and then dismissed ended when it was interrupted."""
    return [
        f"turn {turn} was said to be {status}, its history says {fold.turns.get(turn)}"
        for turn, status in story.endings.items()
        if fold.turns.get(turn) not in {status, "interrupted" if status == "cancelled" else status}
    ]
