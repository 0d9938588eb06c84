"""The `Provider` SPI: a source of intelligence, and the unified events a turn is made of."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from atrium.contracts.approvals import ApprovalRequest, Decision
from atrium.sdk.errors import NotFound, ProviderError
from atrium.sdk.principal import Principal

ProviderStatus = Literal["active", "notInstalled", "unavailable"]


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a provider is: shown in lists, fixed while it is configured.

    The capability `images` tells whether its sessions take images, as far as that is known before it runs. `limits`
    may name its window, of which a conversation that moves to it may need to lose its beginning: `contextSize` in
    tokens or `historyCharacters`. `retries` tells whether its failures are worth another attempt, and counted; a
    provider that fails on purpose says no. One with the capability `remembers` keeps its sessions' conversations
    itself, and is told what it has not heard; one with `summaries` can be asked to summarise a conversation.
    """

    id: str
    name: str
    version: str
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    limits: Mapping[str, int | str] = field(default_factory=dict)
    retries: bool = True


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a provider can take a turn now, and if not, why and what to do (one sentence).

    `preparing` is set while it can, but has to get ready before it answers, as a model that is read into memory.
    """

    status: ProviderStatus
    reason: str | None = None
    preparing: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long installation step is; `done` and `total` in bytes, `total` None while unknown."""

    step: str
    done: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call of an earlier answer; `output` is None if it never came, and cut if it was very long."""

    name: str
    arguments: Mapping[str, Any]
    output: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image that a person sent; `size` is in bytes, `width` and `height` are in pixels.

    `id` is the SHA-256 of its bytes, which `TurnRequest.read_image` returns.
    """

    id: str
    name: str
    media_type: str
    size: int
    width: int
    height: int

    @property
    def text(self) -> str:
        """Return the line that stands for it where it cannot be seen."""
        return f"[image {self.name} {self.width}x{self.height}]"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One earlier message of the conversation, the provider that was asked, and the tools it called before it answered.

    The hub writes `tools` into `content` for a provider without the capability `tools`, and `images` likewise. The
    first message may be a summary of all before the others; what is too long is cut behind it.
    """

    role: Literal["user", "assistant"]
    content: str
    provider_id: str = ""
    tools: tuple[ToolUse, ...] = ()
    images: tuple[Image, ...] = ()
    is_summary: bool = False

    @property
    def text(self) -> str:
        """Return it with each tool call and each image as a line of its own, for whoever reads only text."""
        lines = [*map(_line, self.tools), *(image.text for image in self.images)]
        return "\n".join([*lines, self.content]).strip() if lines else self.content


def _line(tool: ToolUse) -> str:
    arguments = json.dumps(dict(tool.arguments), ensure_ascii=False, default=str)
    return f"[tool {tool.name} {arguments}, {tool.status}: {tool.output or 'no output'}]"


ReadImage = Callable[[Image], Awaitable[bytes]]
"""Return the bytes of an image of the conversation; raises `NotFound` if its file is gone."""

Ask = Callable[[ApprovalRequest], Awaitable[Decision]]
"""Ask the person whose turn it is before an act, and wait for the answer; session and turn are filled in."""


Count = Callable[["Usage"], Awaitable[object]]
"""Take in what a turn has used, where that is known only after its events were closed."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One turn to run: the new message, and all completed messages before it, oldest first.

    `by` is who sent the message. Without `ask` there is nobody to ask: an act that needs leave must not happen.
    `images` belong to the new message, which may have no text then. Where there are images, there is `read_image`.
    `count` takes the usage that a provider learns of after its events were closed.
    `text_only` asks for words alone, in a session of its own: an agent gives it no tools of the user's.
    """

    session_id: str
    turn_id: str
    content: str
    history: Sequence[ChatMessage] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    by: Principal | None = None
    ask: Ask | None = None
    images: Sequence[Image] = ()
    read_image: ReadImage | None = None
    count: Count | None = None
    text_only: bool = False

    async def bytes_of(self, image: Image) -> bytes:
        """Return the bytes of an image of the conversation; raises `NotFound` if they are not to be had."""
        if self.read_image is None:
            raise NotFound(f"there is nobody to read the image {image.name}")
        return await self.read_image(image)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    content: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """More text of the model's thinking."""

    content: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model calls; the same `id` again updates it.

    A plan is a call whose arguments are `{entries: [{content, status}]}`, a status being `pending`, `in_progress` or
    `completed`: each update replaces the plan before it.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    status: str = "running"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a tool call ended; `status` is `completed` or `failed`."""

    id: str
    name: str
    output: str
    status: Literal["completed", "failed"] = "completed"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens the turn has used so far, and their price in US dollars where it is known; the last one counts.

    `cached_tokens` are those of `input_tokens` that the vendor still had from before.
    """

    input_tokens: int
    output_tokens: int
    cost: float | None = None
    cached_tokens: int = 0
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """One of the provider's own limits: how much of it is left, and when it is whole again (seconds since 1970)."""

    name: str
    limit: int
    remaining: int
    resets_at: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know of how the turn runs, such as that the model did not get all messages."""

    content: str


AnswerEvent = TextDelta | ThinkingDelta | ToolCall | ToolResult
"""What an answer is made of: once there is some of it, a turn that fails is not begun anew by itself."""


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The provider works in another mode from here on, which it chose by itself."""

    mode: str


ProviderEvent = AnswerEvent | Usage | Quota | Note | ModeChanged


@dataclass(frozen=True, slots=True)
class Retrying:
    """The provider failed before it said anything and is asked again after `delay` seconds; `attempt` counts from 1.

    The hub says this, not a provider.
    """

    attempt: int
    delay: float
    error: ProviderError


TurnEvent = ProviderEvent | Retrying
"""What `providers.run` yields."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A model or a mode: its id, and what people call it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The models and modes that a session may choose by `settings.model` and `settings.mode`.

    `model` and `mode` are those of a session that chooses none. `any_model` tells whether others are taken as well.
    """

    models: tuple[Choice, ...] = ()
    modes: tuple[Choice, ...] = ()
    model: str | None = None
    mode: str | None = None
    any_model: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """What a running session is told: `kind` is `cancel`, `answer`, `model` or `mode`."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """A source of intelligence. Failures are raised as `ProviderError` and its kinds."""

    @property
    def info(self) -> ProviderInfo:
        """Return what this provider is."""

    @property
    def availability(self) -> Availability:
        """Return whether it can take a turn now; asked often, so it must not wait or read much."""

    async def configure(self, settings: Mapping[str, Any]) -> None:
        """Take the provider's settings; called before first use and whenever they change. Starts nothing heavy."""

    async def install_or_update(self, progress: Callable[[Progress], None]) -> None:
        """Fetch what is missing (program, model); leave the old one working if that fails."""

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        """Prepare for turns of a session; called before the first one after every start of the hub.

        Called again whenever the session has other settings.
        """

    def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        """Run one turn and yield its events; closing the iterator cancels the turn."""

    async def control(self, session_id: str, command: Command) -> None:
        """Tell a running session something; unknown kinds raise `InvalidInput`."""

    async def stop_session(self, session_id: str) -> None:
        """Forget a session and free what it holds; unknown ids are ignored."""


class ProviderFinder(Protocol):
    """Finds providers that need no settings, such as model servers on this machine."""

    async def find(self) -> Sequence[Provider]:
        """Return those that are there now, configured; the same object for what was found before. Never raises."""


class Meter(Protocol):
    """Knows what turns use. Offered at `providers.meter`; the hub asks it around each turn."""

    async def admit(self, provider_id: str, turn: TurnRequest) -> None:
        """Raise a `ProviderError` if the turn must not start, because a budget is used up. Seldom waits."""

    async def used(self, provider_id: str, turn: TurnRequest, usage: Usage) -> Sequence[Note]:
        """Take in what the turn has used so far; stored when this returns. The last one of a turn counts.

        What it returns is told in the session.
        """

    async def limited(self, provider_id: str, turn: TurnRequest, quota: Quota) -> Sequence[Note]:
        """Take in what the provider tells of its limits; what it returns is told in the session."""


@runtime_checkable
class Closeable(Protocol):
    """What an SPI implementation may also offer: releasing everything it holds, also after a failed start."""

    async def close(self) -> None:
        """Stop children and free resources; may be called twice."""


@runtime_checkable
class Selectable(Protocol):
    """What a provider offers besides whose sessions may choose a model or a mode."""

    @property
    def choices(self) -> Choices:
        """Return what is known of the choices; asked often, so it must not wait or read much."""

    async def learn_choices(self, session_id: str, settings: Mapping[str, Any]) -> Choices:
        """Find out what a session may choose, if that is not known yet; may start a program."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where the key stands that lets the hub in, never the key: `found` is None where there is none.

    `secret` is the name under which the hub's store has it, or would; without a key that is `needed` no turn can run.
    """

    secret: str
    needed: bool
    found: Literal["store", "environment", "settings"] | None = None


@runtime_checkable
class Keyed(Protocol):
    """What a provider that is let in by a key offers besides."""

    @property
    def key(self) -> Key | None:
        """Return where its key stands, None if it takes none; asked often, so it must not wait or read much."""


@runtime_checkable
class Watchable(Protocol):
    """What a provider offers besides whose availability or choices change by themselves."""

    def watch(self, changed: Callable[[], None]) -> None:
        """Call back after each such change, on the loop, from now on."""
