"""The local provider's parts that need no model: the prompt's size, the child's environment, its stream."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.models import DEFAULT_MODEL, ModelStore
from atrium.adapters.models.catalogue import Url
from atrium.adapters.providers.local import LocalProvider
from atrium.adapters.providers.local_chat import ModelChat, read_chunk
from atrium.adapters.providers.local_process import (
    LONGEST_SOCKET_PATH,
    ModelFile,
    ModelProcess,
    child_environment,
    socket_folder,
)
from atrium.adapters.providers.local_prompt import DROP_STEP, MESSAGE_OVERHEAD, MessageTooLong, fit_prompt
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ProviderCrashed, ProviderError
from atrium.sdk.providers import ChatMessage, Progress, TextDelta, ThinkingDelta, Usage
from tests.models.sources import entry, file_server
from tests.providers.model_children import children


def conversation(length: int) -> list[ChatMessage]:
    """Return messages of ten words each, by turns of the user and the assistant."""
    return [ChatMessage("assistant" if n % 2 else "user", f"{n} " + "word " * 9) for n in range(length)]


async def words(text: str) -> int:
    return len(text.split())


async def fit(length: int, budget: int) -> list[dict[str, str]]:
    return await fit_prompt("be brief", conversation(length), "and now?", budget, words)


async def test_a_short_conversation_is_sent_whole_and_uncounted() -> None:
    async def count(text: str) -> int:
        raise AssertionError("there is no need to count")

    messages = await fit_prompt("be brief", conversation(4), "and now?", 10_000, count)
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[-1]["content"] == "and now?"


@pytest.mark.parametrize("budget", range(20, 400, 7))
async def test_the_oldest_messages_go_first(budget: int) -> None:
    messages = await fit(40, budget)
    total = sum([await words(message["content"]) + MESSAGE_OVERHEAD for message in messages])
    assert total <= budget
    assert (messages[0]["content"], messages[-1]["content"]) == ("be brief", "and now?")
    kept = [int(message["content"].split()[0]) for message in messages[1:-1]]
    assert kept == list(range(40 - len(kept), 40))
    per_message = 10 + MESSAGE_OVERHEAD
    assert len(kept) > (budget - 20) // per_message - DROP_STEP


async def test_a_conversation_that_fits_by_its_tokens_is_sent_whole() -> None:
    history = [ChatMessage("user", "длинное слово"), ChatMessage("assistant", "короткое")]
    messages = await fit_prompt("", history, "and now?", 60, words)
    assert [message["content"] for message in messages[1:-1]] == ["длинное слово", "короткое"]


async def test_the_prompt_begins_the_same_for_some_turns() -> None:
    """Otherwise the child could reuse nothing of what it has computed for the turn before."""
    beginnings = {(await fit(length, 300))[1]["content"] for length in range(40, 40 + 2 * DROP_STEP)}
    assert len(beginnings) <= 3


async def test_a_kept_conversation_does_not_begin_with_an_answer() -> None:
    history = [ChatMessage("user", "x " * 50), *[ChatMessage("assistant", "word " * 10)] * 9]
    messages = await fit_prompt("", history, "and now?", 100, words)
    assert [message["role"] for message in messages] == ["system", "user"]


async def test_a_message_that_does_not_fit_by_itself_is_refused() -> None:
    with pytest.raises(MessageTooLong, match="980 tokens too long for this model's context of 40 tokens") as refused:
        await fit_prompt("be brief", (), "word " * 1002, 40, words)
    assert [action.id for action in refused.value.actions] == ["edit_message", "switch_provider"]


def test_the_child_gets_no_variable_that_is_not_listed() -> None:
    environ = {"PATH": "/bin", "OPENAI_API_KEY": "secret", "ATRIUM_HOME": "/home"}
    assert child_environment(environ) == {"PATH": "/bin"}


def test_the_socket_lies_in_the_home_unless_that_is_too_deep(tmp_path: Path) -> None:
    assert socket_folder(tmp_path / "run") == tmp_path / "run" / "local"
    deep = socket_folder(tmp_path / ("x" * LONGEST_SOCKET_PATH))
    assert len(str(deep / "model.sock")) < LONGEST_SOCKET_PATH
    deep.rmdir()


async def test_what_the_child_said_last_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'first words' >&2\necho 'out of luck' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ProviderCrashed, match=r"did not load: the local model's process ended with 3: out of luck$"):
        await ModelProcess.start(ModelFile(tmp_path / "none.gguf", 512, 1), tmp_path)


async def test_a_child_that_does_not_load_in_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atrium.adapters.providers.local_process.START_SECONDS", 0.0)
    with pytest.raises(ProviderCrashed, match="did not load within 0 s"):
        await ModelProcess.start(ModelFile(tmp_path / "none.gguf", 512, 1), tmp_path)
    assert children() == []


async def test_installing_fetches_the_model_it_is_set_to(tmp_path: Path) -> None:
    with file_server() as server:
        store = ModelStore(tmp_path, (entry(Url(server.address), name=DEFAULT_MODEL),))
        provider = LocalProvider(tmp_path, SystemClock(), store)
        reports: list[Progress] = []
        assert store.find(DEFAULT_MODEL) is None
        await provider.install_or_update(reports.append)
        assert provider.availability.status == "active"
        assert reports[-1].done == reports[-1].total
        await provider.configure({"model": str(tmp_path / "mine.gguf")})
        await provider.install_or_update(reports.append)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("chunk", "events"),
    [
        ({"choices": [{"delta": {"role": "assistant", "content": None}}]}, []),
        ({"choices": [{"delta": {"content": "Hi"}}]}, [TextDelta("Hi")]),
        ({"choices": [{"delta": {"reasoning_content": "Hm"}}]}, [ThinkingDelta("Hm")]),
        ({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}, [Usage(3, 2, 0.0)]),
        ({}, []),
    ],
)
def test_chunks(chunk: dict[str, Any], events: list[Any]) -> None:
    assert read_chunk(chunk) == events


def test_an_error_in_the_stream_is_raised() -> None:
    with pytest.raises(ProviderError, match="out of memory"):
        read_chunk({"error": {"message": "out of memory"}})


@asynccontextmanager
async def child_that_answers(folder: Path, *parts: bytes) -> AsyncIterator[ModelChat]:
    """Serve one HTTP answer in these parts, each written by itself, and hang up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_unix_server(serve, folder / "child.sock")
    try:
        yield ModelChat(folder / "child.sock")
    finally:
        server.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
SAID = 'data: {"choices": [{"delta": {"content": "né"}}]}\n\n'.encode()
PIECE = f"{len(SAID):x}\r\n".encode() + SAID + b"\r\n"


async def said(chat: ModelChat) -> list[Any]:
    return [event async for event in chat.answer({})]


async def test_an_answer_may_come_in_any_pieces(tmp_path: Path) -> None:
    whole = HEAD + PIECE * 3 + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
    async with child_that_answers(tmp_path, *(whole[n : n + 1] for n in range(len(whole)))) as chat:
        assert await said(chat) == [TextDelta("né")] * 3


@pytest.mark.parametrize("end", [0, 10, len(HEAD), len(HEAD) + 20, len(HEAD + PIECE)])
async def test_an_answer_that_breaks_off_is_a_lost_connection(tmp_path: Path, end: int) -> None:
    async with child_that_answers(tmp_path, (HEAD + PIECE)[:end]) as chat:
        with pytest.raises(ConnectionError):
            await said(chat)


async def test_a_child_that_does_not_listen_is_a_lost_connection(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        await ModelChat(tmp_path / "nobody.sock").count_tokens("hi")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"error": {"code": 400, "message": "too long"}}', "too long"), (b"what?", "what?"), (b"[]", r"\[\]")],
)
async def test_a_refusal_gives_the_childs_reason(tmp_path: Path, body: bytes, reason: str) -> None:
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with child_that_answers(tmp_path, head, body) as chat:
        with pytest.raises(ProviderError, match=f"the local model refused: {reason}"):
            await said(chat)
        with pytest.raises(ProviderError, match=f"the local model refused: {reason}"):
            await chat.count_tokens("hi")
