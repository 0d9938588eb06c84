"""The chat in a terminal: type, watch the answer come, cancel it, leave; the session stays."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import re
import signal
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from atrium.app.chat.beginning import Wanted, choose_provider, create_session
from atrium.app.chat.help import HELP
from atrium.app.chat.prompt import Prompt, without_echo
from atrium.app.chat.questions import Questions
from atrium.app.chat.screen import HISTORY, Screen
from atrium.app.errors import ExitCode
from atrium.app.history import History
from atrium.app.images import ChosenImages, attach_images
from atrium.app.reading import ENDINGS, mark_read
from atrium.app.text import shortened
from atrium.app.tui.words import ENGLISH, devices_in_words
from atrium.client import Client, ClientError, ConnectionState, Conversation, ProblemError, StreamReset
from atrium.contracts.followers import Device
from atrium.contracts.sessions import Session

LIKE_A_COMMAND = re.compile(r"/[\w-]+")
"""A word with one more slash, as in `/etc/hosts`, is the beginning of a message."""

Command = Callable[[str], Awaitable[None]]


class Leave(Exception):
    """The person leaves."""


class Chat:
    """One person at one terminal, in one session at a time."""

    def __init__(
        self, client: Client, screen: Callable[[], Screen], history: Path, wanted: Wanted, images: Sequence[Path]
    ) -> None:
        self._client = client
        self._new_screen = screen
        self._screen = screen()
        self._provider, self._folder = wanted
        self._session_id: str | None = None
        self._following: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._listed: list[Session] = []
        self._online, self._asking = True, False
        self._images = ChosenImages(list(images))
        self._elsewhere: tuple[Device, ...] = ()
        self._elsewhere_told: tuple[Device, ...] = ()
        self._commands: dict[str, Command] = {
            "/help": self._help,
            "/new": self._new,
            "/sessions": self._sessions,
            "/rename": self._rename,
            "/cancel": self._cancel,
            "/allow": partial(self._answer, "allow"),
            "/reject": partial(self._answer, "reject"),
            "/retry": self._retry,
            "/provider": self._switch_provider,
            "/model": partial(self._choose, "model"),
            "/mode": partial(self._choose, "mode"),
            "/image": self._image,
            "/quit": self._quit,
        }
        self._questions = Questions(client, self._take_questions)
        self._prompt = Prompt(history, list(self._commands))

    async def run(self, session_id: str | None) -> int:
        """Talk until the person leaves; return the exit code."""
        self._client.connection.on_state(self._connection_changed)
        if session_id is None:
            self._provider = await choose_provider(self._client, self._provider, self._folder)
            place = f"{self._provider} answers" + (f" in {self._folder}" if self._folder else "")
            self._screen.note(f"{place}. /help says what can be done.")
        else:
            await self._enter(session_id)
        try:
            async with self._questions.followed():
                while True:
                    await self._once()
        except Leave:
            return ExitCode.OK
        finally:
            await self._stop_following()

    async def _once(self) -> None:
        text = await self._ask()
        try:
            await self._do(text)
        except ProblemError as error:
            unsaid = [field for field in error.fields if field.message not in str(error)]
            fields = "".join(f"; {field.field}: {field.message}" for field in unsaid)
            self._screen.note(f"{error}{fields}")
        except ClientError as error:
            self._screen.note(str(error))

    async def _ask(self) -> str:
        self._screen.share(True)
        warned = False
        self._asking = True
        self._tell_devices()
        self._questions.tell(self._session_id, self._screen.note)
        try:
            while True:
                try:
                    return (await self._prompt.ask()).strip()
                except KeyboardInterrupt:
                    if warned:
                        raise Leave from None
                    warned = True
                    self._screen.note("Ctrl-C again or Ctrl-D leaves")
                except EOFError:
                    raise Leave from None
        finally:
            self._asking = False
            self._screen.share(False)

    async def _do(self, text: str) -> None:
        if not text:
            return
        word, _, rest = text.partition(" ")
        command = self._commands.get(word)
        if command is not None:
            await command(rest.strip())
        elif text.startswith("//"):
            await self._send(text[1:])
        elif LIKE_A_COMMAND.fullmatch(word):
            self._screen.note(self._no_such(word))
        else:
            await self._send(text)

    def _no_such(self, word: str) -> str:
        near = difflib.get_close_matches(word, list(self._commands), n=1, cutoff=0.8)
        said = f"did you mean {near[0]}?" if near else f"there is {' '.join(self._commands)}"
        return f"There is no {word}; {said} (/{word} sends it as a message)"

    async def _send(self, content: str) -> None:
        if self._session_id is None:
            provider = await choose_provider(self._client, self._provider)
            await self._enter(await create_session(self._client, provider, content, self._folder))
        assert self._session_id is not None
        token = str(uuid.uuid4())
        self._screen.own_tokens.add(token)
        with without_echo(), self._cancelled_by_ctrl_c():
            attachments = await attach_images(self._client, self._session_id, self._images.files)
            sending = self._client.sessions.send(self._session_id, content, client_token=token, attachments=attachments)
            accepted = await sending
            self._images.files.clear()
            await self._until(lambda: self._knows(accepted.turn_id))
            if await self._is_stuck():
                self._screen.note("It waits behind the answer that was interrupted: /retry or /cancel that one first")
                return
            await self._until_asked(lambda: self._has_ended(accepted.turn_id))

    # ---- what goes on in the session

    async def _enter(self, session_id: str) -> None:
        await self._stop_following()
        self._screen = self._new_screen()
        history = History(self._client, session_id)
        conversation = Conversation()
        while not history.whole and len(conversation.messages) < HISTORY:
            await history.read_earlier()
            conversation = Conversation().apply_all(history.entries)
        self._session_id = session_id
        self._screen.open(conversation, whole=history.whole)
        self._following = asyncio.create_task(self._follow(session_id), name="chat follower")
        self._watching = asyncio.create_task(
            self._client.watch_devices(f"sessions/{session_id}", self._take_devices), name="chat devices"
        )

    async def _follow(self, session_id: str) -> None:
        try:
            await mark_read(self._client, session_id, self._screen.conversation.cursor)
            async for entry in self._client.follow(session_id, after=self._screen.conversation.cursor):
                self._screen.show(entry)
                self._changed.set()
                if entry.type in ENDINGS:
                    await mark_read(self._client, session_id, entry.offset)
        except StreamReset as error:
            self._screen.note(f"{error}; `/sessions` leads back to it")
        except ClientError as error:
            self._screen.note(str(error))
        self._session_id = None
        self._changed.set()

    async def _stop_following(self) -> None:
        tasks = [task for task in (self._following, self._watching) if task is not None]
        self._following = self._watching = self._session_id = None
        self._elsewhere = self._elsewhere_told = ()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take_devices(self, devices: tuple[Device, ...]) -> None:
        self._elsewhere = devices
        if self._asking:
            self._tell_devices()

    def _tell_devices(self) -> None:
        """Say on which other devices the session is open, where that does not cut an answer in two."""
        if self._elsewhere == self._elsewhere_told:
            return
        self._elsewhere_told = self._elsewhere
        names = devices_in_words(self._elsewhere, ENGLISH)
        self._screen.note(f"Also open on {names}" if names else "Open nowhere else now")

    async def _until(self, done: Callable[[], bool]) -> None:
        """Wait until something holds of the conversation, or the session is gone."""
        while self._session_id is not None and not done():
            self._changed.clear()
            await self._changed.wait()

    async def _until_asked(self, done: Callable[[], bool]) -> None:
        """Wait until something holds of the conversation, or an agent in it waits for the person."""
        await self._until(lambda: done() or self._questions.of(self._session_id) is not None)
        self._questions.tell(self._session_id, self._screen.note)

    def _take_questions(self) -> None:
        self._changed.set()
        if self._asking:
            self._questions.tell(self._session_id, self._screen.note)

    def _knows(self, turn_id: str) -> bool:
        return turn_id in self._screen.conversation.turns

    def _has_ended(self, turn_id: str) -> bool:
        turn = self._screen.conversation.turns.get(turn_id)
        return turn is not None and turn.status not in {"queued", "running"}

    async def _is_stuck(self) -> bool:
        if self._session_id is None:
            return False
        session = await self._client.sessions.get(self._session_id)
        return session.turn is not None and session.turn.status == "interrupted"

    def _connection_changed(self, state: ConnectionState) -> None:
        if state is ConnectionState.ONLINE:
            if not self._online:
                self._screen.note("Connected again")
            self._online = True
        elif state is ConnectionState.RESTARTING:
            self._screen.note("The hub restarts; this goes on when it is back")
            self._online = False
        elif state is ConnectionState.OFFLINE and self._online:
            self._screen.note("The connection to the hub is lost; trying again")
            self._online = False

    @contextlib.contextmanager
    def _cancelled_by_ctrl_c(self) -> Iterator[None]:
        """Let the first Ctrl-C cancel the running turn, and the second one leave."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        cancelling: set[asyncio.Task[None]] = set()
        left = False

        def pressed() -> None:
            nonlocal left
            if cancelling:
                left = True
                if task is not None:
                    task.cancel()
            else:
                cancelling.add(asyncio.create_task(self._cancel_quietly()))

        loop.add_signal_handler(signal.SIGINT, pressed)
        try:
            yield
        except asyncio.CancelledError:
            if left:
                raise Leave from None
            raise
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            for one in cancelling:
                one.cancel()

    async def _cancel_quietly(self) -> None:
        try:
            if self._session_id is not None:
                await self._client.sessions.cancel(self._session_id)
        except ClientError as error:
            self._screen.note(f"{error}; Ctrl-C again leaves")

    # ---- commands

    async def _help(self, rest: str) -> None:
        for line in HELP.splitlines():
            self._screen.note(line)

    async def _new(self, rest: str) -> None:
        await self._stop_following()
        self._screen = self._new_screen()
        self._provider = await choose_provider(self._client, rest or self._provider)
        self._screen.note(f"A new session with {self._provider}; it begins with your first message.")

    async def _sessions(self, rest: str) -> None:
        if rest:
            chosen = next((one for one in self._listed if one.id == rest), None)
            if chosen is None and rest.isdigit() and 0 < int(rest) <= len(self._listed):
                chosen = self._listed[int(rest) - 1]
            if chosen is None:
                self._screen.note("/sessions lists them; /sessions 2 goes to the second of the list")
                return
            await self._enter(chosen.id)
            self._screen.note(f"Now in {shortened(chosen.metadata.title or 'Untitled', 60)}")
            return
        page = await self._client.sessions.list(limit=20)
        self._listed = list(page.sessions)
        for number, session in enumerate(self._listed, 1):
            here = "  (here)" if session.id == self._session_id else ""
            self._screen.note(f"{number:3}  {shortened(session.metadata.title or 'Untitled', 60)}{here}")

    async def _rename(self, rest: str) -> None:
        if not rest or self._session_id is None:
            self._screen.note("/rename TITLE gives a session another title, once it has begun")
            return
        await self._client.sessions.rename(self._session_id, rest)

    async def _cancel(self, rest: str) -> None:
        if self._session_id is None:
            self._screen.note("There is nothing to cancel yet: your first message begins the session")
            return
        await self._client.sessions.cancel(self._session_id)

    async def _answer(self, answer: Literal["allow", "reject"], rest: str) -> None:
        with without_echo(), self._cancelled_by_ctrl_c():
            if await self._questions.answer(self._session_id, answer, rest, self._screen.note):
                await self._until_asked(lambda: all(map(self._has_ended, self._screen.conversation.turns)))

    async def _retry(self, rest: str) -> None:
        if self._session_id is None:
            self._screen.note("There is nothing to run again yet: your first message begins the session")
            return
        await self._run_again(self._client.sessions.retry(self._session_id))

    async def _run_again(self, asking: Awaitable[object]) -> None:
        """Do what makes a turn run again, and wait for its end."""
        known = set(self._screen.conversation.turns)
        with without_echo(), self._cancelled_by_ctrl_c():
            await asking
            await self._until(lambda: bool(set(self._screen.conversation.turns) - known))
            fresh = set(self._screen.conversation.turns) - known
            await self._until_asked(lambda: all(self._has_ended(turn_id) for turn_id in fresh))

    async def _switch_provider(self, rest: str) -> None:
        if not rest:
            await self._list_providers()
        elif self._session_id is None:
            self._provider = await choose_provider(self._client, rest)
            self._screen.note(f"{self._provider} answers; the session begins with your first message")
        elif self._has_failed_last():
            await self._run_again(self._client.sessions.switch_provider(self._session_id, rest, retry=True))
        else:
            await self._client.sessions.switch_provider(self._session_id, rest)

    async def _list_providers(self) -> None:
        here = self._provider
        if self._session_id is not None:
            here = (await self._client.sessions.get(self._session_id)).provider_id
        for one in await self._client.providers():
            why = "" if one["status"] == "active" else f"  ({one.get('reason') or one['status']})"
            self._screen.note(f"{one['id']}{'  (answers here)' if one['id'] == here else ''}{why}")
        self._screen.note("/provider NAME lets one of them answer from here on")

    async def _choose(self, kind: Literal["model", "mode"], rest: str) -> None:
        if self._session_id is None:
            self._screen.note(f"/{kind} works once the session has begun, with your first message")
            return
        if rest:
            wanted = {"model": None, "mode": None} | {kind: rest}
            await self._client.sessions.choose(self._session_id, **wanted)
            self._screen.note(f"The {kind} is {rest} from here on")
            return
        offered = (await self._client.sessions.choices(self._session_id))[kind]
        here = offered["chosen"] or offered["own"]
        for one in offered["choices"]:
            named = f", {one['name']}" if one["name"] != one["id"] else ""
            self._screen.note(f"{one['id']}{named}{'  (here)' if one['id'] == here else ''}")
        told = f"/{kind} NAME takes another one" if offered["choices"] else f"No {kind}s to choose from are known yet"
        self._screen.note(told)

    async def _image(self, rest: str) -> None:
        self._screen.note(self._images.choose(rest))

    def _has_failed_last(self) -> bool:
        turns = list(self._screen.conversation.turns.values())
        return bool(turns) and turns[-1].status == "failed"

    async def _quit(self, rest: str) -> None:
        raise Leave
