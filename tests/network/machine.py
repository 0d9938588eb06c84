"""The storm as a state machine: each rule is something that people, screens or the operating system do to a hub."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.faults.ledger import Story
from tests.network.crowd import Crowd
from tests.network.screens import TRANSPORTS, Screen, Transport

CONTENTS = ("/tokens 3", "/tokens 200", "/think 4", "/tool weather", "/fail auth", "/sleep 0.01", "/big 30000", "a b c")
BETWEEN_KILLS, BETWEEN_JUDGEMENTS = 60, 40
SESSIONS, SCREENS, MESSAGES = 3, 9, 40

numbers = st.integers(0, 15)
transports = st.sampled_from(TRANSPORTS)


class Storm(RuleBasedStateMachine):
    """Writers, readers, disconnects, kills and slow sockets. The judge speaks every so often and at the end."""

    screen_type: ClassVar[type[Screen]] = Screen
    steps: ClassVar[int] = 0
    kills: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._home = tempfile.TemporaryDirectory(prefix="atrium-storm-")
        self._tokens: Iterator[int] = itertools.count()
        self._since_kill = 0
        self._since_judgement = 0
        self._sound = False
        self.crowd = Crowd(Path(self._home.name), self.screen_type)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Take one step; the screens go on only meanwhile."""
        type(self).steps += 1
        self._since_kill += 1
        self._since_judgement += 1
        self._sound = False
        self._runner.run(work)
        self._sound = True

    def _story(self, number: int) -> Story:
        """Return a session that still takes messages: histories that grow for ever would be judged for ever."""
        young = [story for story in self.crowd.stories if len(story.sent) < MESSAGES]
        return (young or self.crowd.stories)[number % len(young or self.crowd.stories)]

    def _message(self, number: int) -> tuple[Story, str, str]:
        return self._story(number), f"token-{next(self._tokens)}", CONTENTS[number % len(CONTENTS)]

    @initialize()
    def start(self) -> None:
        """Begin with a screen on everything: which rules are used at all is drawn too."""

        async def begin() -> None:
            await self.crowd.open()
            for transport in TRANSPORTS:
                self.crowd.watch(self.crowd.stories[0], transport)
                self.crowd.watch(None, transport)
            await self.crowd.send(*self._message(0))
            await self.crowd.write(3, 10)

        self._do(begin())

    @precondition(lambda self: sum(len(story.sent) < MESSAGES for story in self.crowd.stories) < SESSIONS)
    @rule()
    def create(self) -> None:
        self._do(self.crowd.create())

    @rule(number=numbers)
    def send(self, number: int) -> None:
        self._do(self.crowd.send(*self._message(number)))

    @rule(first=numbers, second=numbers)
    def send_two_at_once(self, first: int, second: int) -> None:
        messages = [self._message(first), self._message(second)]

        async def both() -> None:
            await asyncio.gather(*(self.crowd.send(*message) for message in messages))

        self._do(both())

    @rule(number=numbers)
    def send_again(self, number: int) -> None:
        story = self._story(number)
        tokens = list(story.sent)
        if tokens:
            token = tokens[number % len(tokens)]
            self._do(self.crowd.send(story, token, story.sent[token].content))

    @rule(number=numbers)
    def rename(self, number: int) -> None:
        self._do(self.crowd.rename(self._story(number), f"title {next(self._tokens)}"))

    @rule(number=numbers, act=st.sampled_from(("cancel", "retry")))
    def act(self, number: int, act: str) -> None:
        self._do(self.crowd.act(self._story(number), act))

    @rule(words=st.sampled_from((1, 20, 200)), size=st.sampled_from((1, 100, 2000)))
    def write(self, words: int, size: int) -> None:
        self._do(self.crowd.write(words, size if words < 200 else min(size, 100)))

    @precondition(lambda self: len(self.crowd.screens) < SCREENS)
    @rule(number=numbers, transport=transports)
    def watch(self, number: int, transport: Transport) -> None:
        async def watching() -> None:
            self.crowd.watch(None if number % 3 == 0 else self._story(number), transport)

        self._do(watching())

    @precondition(lambda self: self.crowd.screens)
    @rule(number=numbers)
    def cut(self, number: int) -> None:
        async def cutting() -> None:
            self._screen(number).cut()

        self._do(cutting())

    @precondition(lambda self: self.crowd.screens)
    @rule(number=numbers)
    def stall(self, number: int) -> None:
        async def stalling() -> None:
            self._screen(number).awake.clear()

        self._do(stalling())

    @precondition(lambda self: self.crowd.screens)
    @rule(number=numbers)
    def wake(self, number: int) -> None:
        async def waking() -> None:
            self._screen(number).awake.set()

        self._do(waking())

    @precondition(lambda self: len(self.crowd.screens) > SCREENS // 2)
    @rule(number=numbers)
    def leave(self, number: int) -> None:
        self._do(self.crowd.leave(number % len(self.crowd.screens)))

    @rule(milliseconds=st.integers(0, 5))
    def pass_time(self, milliseconds: int) -> None:
        self._do(asyncio.sleep(milliseconds / 1000))

    @precondition(lambda self: self._since_kill > BETWEEN_KILLS)
    @rule(numbers=st.lists(numbers, max_size=3), in_order=st.sampled_from((True, False, False, False)))
    def end(self, numbers: list[int], in_order: bool) -> None:
        messages = [self._message(number) for number in numbers]
        self._do(self.crowd.restart() if in_order else self.crowd.kill(messages))
        self._since_kill = 0

    @precondition(lambda self: self._since_judgement > BETWEEN_JUDGEMENTS)
    @rule()
    def judge(self) -> None:
        self._do(self.crowd.judge())
        self._since_judgement = 0

    def _screen(self, number: int) -> Screen:
        return self.crowd.screens[number % len(self.crowd.screens)][1]

    def teardown(self) -> None:
        """Judge for the last time, and leave nothing behind."""
        try:
            if self._sound:
                self._runner.run(self.crowd.judge())
        finally:
            type(self).kills += self.crowd.kills
            self._runner.run(self.crowd.close())
            self._runner.close()
            self._home.cleanup()
