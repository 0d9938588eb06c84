"""A conversation as it is folded from the entries of its stream: message lists, histories, copies."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from atrium.contracts.sessions import (
    Message,
    MessageAdded,
    MessageCompleted,
    MessagePage,
    ProviderChanged,
    ToolCalled,
    ToolFinished,
    ToolUpdated,
    TurnCancelled,
    TurnStarted,
    TurnStatus,
)
from atrium.plugins.sessions.attachments import Attachments, attachments_of, image_of
from atrium.plugins.sessions.documents import TURNS, TurnRecord, stream_of, turns_with
from atrium.plugins.sessions.inputs import LARGEST_OFFSET
from atrium.plugins.sessions.limits import (
    HISTORY_CHARACTERS,
    HISTORY_MESSAGES,
    HISTORY_OUTPUT,
    HISTORY_TOOLS,
    MAX_INCLUDED_MESSAGES,
)
from atrium.sdk import Context, Entry, SpaceStorage
from atrium.sdk.providers import ChatMessage, Image, ToolUse

MESSAGES = frozenset({MessageAdded.type, MessageCompleted.type})

_TOOLS = frozenset({ToolCalled.type, ToolUpdated.type, ToolFinished.type})
_ENTRIES = 1000
_KEPT = 64


async def entries_after(storage: SpaceStorage, session_id: str, after: int) -> AsyncIterator[Entry]:
    """Iterate over a session's stored entries beyond an offset, page by page."""
    entries = await storage.read(stream_of(session_id), after, _ENTRIES)
    while entries:
        for entry in entries:
            yield entry
        if len(entries) < _ENTRIES:
            return
        entries = await storage.read(stream_of(session_id), entries[-1].offset, _ENTRIES)


def decode(entry: Entry) -> dict[str, Any]:
    """Return an entry as a CloudEvent."""
    event: dict[str, Any] = orjson.loads(entry.encoded)
    return event


async def message_page(storage: SpaceStorage, session_id: str, after: int, limit: int) -> MessagePage:
    """Return messages beyond an offset, oldest first, each with the status of its (latest) turn."""
    found: list[tuple[int, dict[str, Any]]] = []
    async for entry in entries_after(storage, session_id, after):
        if entry.type in MESSAGES:
            if len(found) == limit:
                return MessagePage(data=await _messages(storage, found), next_cursor=str(found[-1][0]))
            found.append((entry.offset, decode(entry)))
    return MessagePage(data=await _messages(storage, found), next_cursor=None)


async def last_messages(storage: SpaceStorage, session_id: str) -> list[dict[str, Any]]:
    """Return the last messages of a session as they are sent, oldest first."""
    found: deque[tuple[int, dict[str, Any]]] = deque(maxlen=MAX_INCLUDED_MESSAGES)
    async for entry in entries_after(storage, session_id, 0):
        if entry.type in MESSAGES:
            found.append((entry.offset, decode(entry)))
    messages = await _messages(storage, list(found))
    return [message.model_dump(mode="json", by_alias=True) for message in messages]


async def _messages(storage: SpaceStorage, events: list[tuple[int, dict[str, Any]]]) -> tuple[Message, ...]:
    return tuple([await _message(storage, event) for _, event in events])


async def _message(storage: SpaceStorage, event: dict[str, Any]) -> Message:
    data = event["data"]
    turn_id, status = await _turn_of(storage, data["turnId"], latest=event["type"] == MessageAdded.type)
    return Message(
        id=data["messageId"],
        role=data["role"],
        content=data["content"],
        attachments=attachments_of(data),
        created_at=event["time"],
        turn_id=turn_id,
        status=status,
    )


async def _turn_of(storage: SpaceStorage, turn_id: str, *, latest: bool) -> tuple[str, TurnStatus]:
    """Return a turn and its status: a question's latest one. What was copied from elsewhere is complete."""
    value = await storage.get(turn_id, collection=TURNS)
    if value is None:
        return turn_id, "completed"
    turn = TurnRecord.model_validate(value)
    if latest and turn.latest is not None:
        return await _turn_of(storage, turn.latest, latest=False)
    return turn.id, turn.status


@dataclass(slots=True)
class Question:
    """A person's message, and the latest answer to it, if any: who gave it, its text and the tools it called."""

    offset: int
    content: str
    images: tuple[Image, ...] = ()
    answer: str = ""
    started: bool = False
    withdrawn: bool = False
    provider_id: str = ""
    tools: dict[str, ToolUse] = field(default_factory=dict)
    size: int = 0

    def begin(self, provider_id: str) -> None:
        """Forget an earlier answer: another one is on its way."""
        self.started, self.answer, self.provider_id = True, "", provider_id
        self.tools.clear()
        self.size = 0

    def use(self, data: dict[str, Any]) -> None:
        """Take in what is said of a tool call; a long output is cut, and only the last calls are kept."""
        known = self.tools.pop(data["toolCallId"], None)
        arguments = data.get("arguments") or (known.arguments if known else {})
        output = data.get("output")
        if output is not None and len(output) > HISTORY_OUTPUT:
            output = f"{output[:HISTORY_OUTPUT]} [{len(output) - HISTORY_OUTPUT} more characters]"
        self.tools[data["toolCallId"]] = ToolUse(data["name"], arguments, output, data["status"])
        if len(self.tools) > HISTORY_TOOLS:
            del self.tools[next(iter(self.tools))]
        self.size = sum(len(str(tool.arguments)) + len(tool.output or "") for tool in self.tools.values())

    @property
    def messages(self) -> list[ChatMessage]:
        """Return it as a provider is told of it."""
        said = [ChatMessage("user", self.content, self.provider_id, images=self.images)]
        if self.answer or self.tools:
            said.append(ChatMessage("assistant", self.answer, self.provider_id, tuple(self.tools.values())))
        return said

    @property
    def characters(self) -> int:
        """Return how long it is."""
        return len(self.content) + len(self.answer) + self.size


@dataclass(slots=True)
class Conversation:
    """Questions and answers by message, folded from entries in order, as far as `end`.

    Questions up to `floor` have been forgotten.
    """

    end: int = 0
    floor: int = 0
    questions: dict[str, Question] = field(default_factory=dict)
    _of_turn: dict[str, str] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Take in one more entry."""
        self.end = entry.offset
        if entry.type == MessageAdded.type:
            data = decode(entry)["data"]
            images = tuple(map(image_of, attachments_of(data)))
            self.questions[data["messageId"]] = Question(entry.offset, data["content"], images)
            self._of_turn[data["turnId"]] = data["messageId"]
        elif entry.type == TurnStarted.type:
            data = decode(entry)["data"]
            self._of_turn[data["turnId"]] = data["messageId"]
            if (question := self.questions.get(data["messageId"])) is not None:
                question.begin(data["providerId"])
        elif entry.type in _OF_ANSWERS:
            data = decode(entry)["data"]
            question = self.questions.get(self._of_turn.get(data.get("turnId", ""), ""))
            if question is not None:
                _answer(question, entry.type, data)

    def message_of(self, turn_id: str) -> str | None:
        """Return the id of the message that a turn answers, None if that is not known."""
        return self._of_turn.get(turn_id)

    def trim(self) -> None:
        """Forget the oldest questions when there are far more than a history may have."""
        size = sum(question.characters for question in self.questions.values())
        while len(self.questions) > 1 and (len(self.questions) > HISTORY_MESSAGES or size > 2 * HISTORY_CHARACTERS):
            message_id, oldest = next(iter(self.questions.items()))
            size -= oldest.characters
            self.floor = oldest.offset
            del self.questions[message_id]
            self._of_turn = {turn: message for turn, message in self._of_turn.items() if message != message_id}

    def before(self, offset: int, room: int = HISTORY_CHARACTERS) -> list[ChatMessage]:
        """Return what was said before a message, oldest first: at most what a provider should be asked to read.

        `room` is in characters. Messages that were withdrawn before they ran are left out.
        """
        kept: list[ChatMessage] = []
        for question in reversed(self._asked_before(offset)):
            pair = question.messages
            room -= question.characters
            if room < 0 or len(kept) + len(pair) > HISTORY_MESSAGES:
                break
            kept.extend(reversed(pair))
        return kept[::-1]

    def exchanges(self, offset: int) -> list[Exchange]:
        """Return all that is held of what was said before a message, oldest first."""
        return [Exchange(question.offset, question.messages) for question in self._asked_before(offset)]

    def _asked_before(self, offset: int) -> list[Question]:
        asked = (one for one in self.questions.values() if one.offset < offset and (one.started or not one.withdrawn))
        return sorted(asked, key=lambda question: question.offset)


def _answer(question: Question, entry_type: str, data: dict[str, Any]) -> None:
    """Take in what became of the answer to a question."""
    if entry_type == MessageCompleted.type:
        question.answer = data["content"]
    elif entry_type == TurnCancelled.type:
        question.withdrawn = True
    elif entry_type == ProviderChanged.type:
        question.provider_id = data["providerId"]
    else:
        question.use(data)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, by the offset of its entry, and what was answered, as a provider is told of them."""

    offset: int
    messages: Sequence[ChatMessage]


_OF_ANSWERS = _TOOLS | {MessageCompleted.type, TurnCancelled.type, ProviderChanged.type}


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn's message and its images, and the conversation before it."""

    content: str
    images: tuple[Image, ...]
    before: Sequence[ChatMessage]


class Conversations:
    """The conversations that were last continued, kept so that a turn reads only what is new."""

    def __init__(self, attachments: Attachments) -> None:
        self.reader = attachments.reader
        self._kept: OrderedDict[str, Conversation] = OrderedDict()

    async def asked(self, storage: SpaceStorage, turn: TurnRecord) -> Asked:
        """Return what a turn is to answer."""
        conversation = await self._take(storage, turn.session_id, turn.offset)
        question = conversation.questions[turn.message_id]
        before = conversation.before(turn.offset)
        self._keep(turn.session_id, conversation)
        if turn.without_images:
            return Asked(question.messages[0].text, (), before)
        return Asked(question.content, question.images, before)

    async def held(self, storage: SpaceStorage, session_id: str, offset: int) -> list[Exchange]:
        """Return all that is held of what was said before an offset: more than most providers are told."""
        conversation = await self._take(storage, session_id, offset)
        exchanges = conversation.exchanges(offset)
        self._keep(session_id, conversation)
        return exchanges

    async def readable_by(self, context: Context, storage: SpaceStorage, session_id: str, provider_id: str) -> int:
        """Return how many of a session's messages, the newest, a provider can be told of."""
        window = await context.services.call("providers.window", provider_id)
        room = HISTORY_CHARACTERS if window is None else min(window, HISTORY_CHARACTERS)
        conversation = await self._take(storage, session_id, LARGEST_OFFSET)
        kept = len(conversation.before(LARGEST_OFFSET, room))
        self._keep(session_id, conversation)
        return kept

    async def _take(self, storage: SpaceStorage, session_id: str, offset: int) -> Conversation:
        """Return a conversation that goes far enough back for what is said before an offset, and to its end."""
        conversation = self._kept.pop(session_id, None)
        if conversation is None or offset <= conversation.floor:
            beginning = await _beginning(storage, session_id, offset)
            conversation = Conversation(end=beginning, floor=beginning)
        recent = storage.recent(stream_of(session_id), conversation.end)
        if recent is None:
            recent = [entry async for entry in entries_after(storage, session_id, conversation.end)]
        for entry in recent:
            conversation.add(entry)
        return conversation

    def _keep(self, session_id: str, conversation: Conversation) -> None:
        conversation.trim()
        self._kept[session_id] = conversation
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def forget(self, session_id: str) -> None:
        """Forget a session's conversation."""
        self._kept.pop(session_id, None)


async def _beginning(storage: SpaceStorage, session_id: str, offset: int) -> int:
    """Return from where on entries matter: far enough back for a whole history, and for the message itself."""
    turns = HISTORY_MESSAGES // 2
    completed = await turns_with(storage, session_id, "completed", newest=True, limit=turns)
    if len(completed) < turns or completed[-1].offset >= offset:
        return 0
    return completed[-1].offset - 1
