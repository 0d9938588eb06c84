"""One question, one answer: for scripts and pipes."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from atrium.app.chat.beginning import Wanted, choose_provider, create_session
from atrium.app.chat.screen import change_in_words, progress_in_words, retry_in_words
from atrium.app.cli.output import print_json_line, warn
from atrium.app.errors import ExitCode
from atrium.app.images import attach_images
from atrium.app.reading import ENDINGS, mark_read
from atrium.app.text import printable
from atrium.client import Client, ClientError, Conversation, Entry
from atrium.contracts.sessions import MessageAccepted

_LEAVING = 5
"""Seconds that Ctrl-C waits for the hub to take a cancellation."""


async def ask(
    client: Client,
    question: str,
    session_id: str | None,
    wanted: Wanted,
    as_json: bool,
    images: Sequence[Path] = (),
) -> int:
    """Send one message with its images, print the answer as it comes, and return the exit code.

    That is 1 if the turn did not complete. Cancelled (Ctrl-C), it cancels the turn.
    """
    if session_id is None:
        name = question or images[0].name
        session_id = await create_session(client, await choose_provider(client, *wanted), name, wanted.folder)
    attachments = await attach_images(client, session_id, images)
    sending = asyncio.create_task(client.sessions.send(session_id, question, attachments=attachments))
    try:
        accepted = await asyncio.shield(sending)
        show: Callable[[Entry], None] = _show_json if as_json else _Answer(accepted.turn_id).show
        return await _print_turn(client, session_id, accepted, show, as_json)
    except asyncio.CancelledError:
        # Also a message that is still on its way: its turn would run with nobody there.
        with contextlib.suppress(TimeoutError, ClientError):
            async with asyncio.timeout(_LEAVING):
                accepted = await sending
                await client.sessions.cancel(session_id, turn_id=accepted.turn_id)
        raise


async def _print_turn(
    client: Client, session_id: str, accepted: MessageAccepted, show: Callable[[Entry], None], as_json: bool
) -> int:
    async with client.following(session_id, after=accepted.offset) as entries:
        async for entry in entries:
            if entry.data.get("turnId") != accepted.turn_id:
                continue
            show(entry)
            if entry.type in ENDINGS:
                if not as_json:
                    await mark_read(client, session_id, entry.offset)
                return _end(entry, as_json)
    warn("The session was deleted before the answer was complete.")
    return ExitCode.FAILED


def _show_json(entry: Entry) -> None:
    print_json_line(entry.raw)


def _end(entry: Entry, as_json: bool) -> int:
    if entry.type == "sessions.turn.completed.v1":
        return ExitCode.OK
    if not as_json:
        problem = entry.data.get("problem") or {}
        how = entry.type.split(".")[2]
        ended = "The turn failed" if how == "failed" else f"The turn was {how}"
        warn(f"{ended}: {problem.get('detail') or problem.get('title')}" if problem else f"{ended}.")
    return ExitCode.FAILED


class _Answer:
    """Prints the text of one turn's answer as it grows."""

    def __init__(self, turn_id: str) -> None:
        self._turn_id = turn_id
        self._conversation = Conversation()
        self._printed: dict[str, str] = {}

    def show(self, entry: Entry) -> None:
        """Print what an entry adds, and on stderr what keeps the answer waiting."""
        self._conversation.apply(entry)
        if entry.type == "sessions.provider.retrying.v1":
            warn(f"{retry_in_words(entry.data)}.")
        elif entry.type == "sessions.provider.changed.v1":
            warn(f"{change_in_words(entry.data)}.")
        elif entry.type == "sessions.conversation.summarising.v1":
            warn(f"{progress_in_words(entry.data)}.")
        message_id = str(entry.data.get("messageId", ""))
        message = self._conversation.message(message_id)
        if message is None or message.role != "assistant":
            return
        printed, content = self._printed.get(message_id, ""), message.content
        new = content[len(printed) :] if content.startswith(printed) else f"\n{content}"
        self._printed[message_id] = content
        _write(new + ("\n" if message.text.complete and not content.endswith("\n") else ""))


def _write(text: str) -> None:
    sys.stdout.write(printable(text, multiline=True) if sys.stdout.isatty() else text)
    sys.stdout.flush()
