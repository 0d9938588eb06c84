"""Each vendor's own protocol, spoken by a server of the test: what arrives, what it costs, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from atrium.adapters.providers.local_servers import LocalServerProvider, LocalServers, Server, read_models
from atrium.adapters.providers.model import ModelProvider
from atrium.adapters.providers.model_quota import read_quota, wait_of
from atrium.sdk.errors import (
    ProviderAuthFailed,
    ProviderContextExceeded,
    ProviderError,
    ProviderNotInstalled,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnreachable,
)
from atrium.sdk.providers import (
    ChatMessage,
    Choice,
    Choices,
    Note,
    ProviderEvent,
    Quota,
    TextDelta,
    ThinkingDelta,
    TurnRequest,
    Usage,
)
from atrium.testing.provider_suite import run_turn, text_of, turn
from tests.providers.vendors import Vendors, vendors

KEY = "sk-very-secret-0123456789"
MODELS = {"anthropic": "claude-sonnet-4-6", "openai": "gpt-5.4", "google": "gemini-2.5-flash"}
VENDORS = sorted(MODELS)
KEYS = {"anthropic": "x-api-key", "openai": "authorization", "google": "x-goog-api-key"}


@pytest.fixture
async def server() -> AsyncIterator[Vendors]:
    async with vendors() as state:
        yield state


@pytest.fixture
async def model(server: Vendors, request: pytest.FixtureRequest) -> AsyncIterator[ModelProvider]:
    provider = await provider_of(request.param, server)
    yield provider
    await provider.close()


async def provider_of(vendor: str, server: Vendors, **settings: Any) -> ModelProvider:
    path = "/v1" if vendor == "openai" else ""
    provider = ModelProvider("mine", {})
    base = {"vendor": vendor, "baseUrl": server.address + path, "apiKey": KEY, "model": MODELS[vendor]}
    await provider.configure(base | settings)
    return provider


def of(kind: type[Any], events: list[ProviderEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("model", VENDORS, indirect=True)
async def test_thinking_text_and_usage(model: ModelProvider, server: Vendors) -> None:
    events = await run_turn(model, turn("hi"))
    assert of(ThinkingDelta, events) == [ThinkingDelta("Let me see.")]
    assert text_of(events) == "Hello there."
    assert isinstance(events[-1], Usage)
    used = events[-1]
    assert (used.input_tokens, used.cached_tokens, used.output_tokens) == (100, 90, 20)
    assert used.cost is not None
    assert 0 < used.cost < 0.01
    assert KEY in str([headers.get(name) for headers in server.headers for name in KEYS.values()])


@pytest.mark.parametrize("model", VENDORS, indirect=True)
async def test_text_is_not_held_back(model: ModelProvider, server: Vendors) -> None:
    events = model.stream_events("s", turn("slow"))
    async for event in events:
        if event == TextDelta("Hello"):
            break
    assert not server.go_on.is_set()
    server.go_on.set()
    assert text_of([event async for event in events]) == " there."


@pytest.mark.parametrize("model", ["anthropic", "google"], indirect=True)
async def test_a_turn_that_is_cut_has_told_what_was_sent(model: ModelProvider) -> None:
    seen: list[ProviderEvent] = []
    with pytest.raises(ProviderUnreachable, match="before it was complete"):
        async for event in model.stream_events("s", turn("cut")):
            seen.append(event)  # noqa: PERF401  # what came before the failure counts
    assert text_of(seen) == "Hello"
    assert of(Usage, seen)[0].input_tokens == 100


@pytest.mark.parametrize("model", VENDORS, indirect=True)
@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ("key", ProviderAuthFailed, "no such key. Check `providers.mine.apiKey`"),
        (
            "model",
            ProviderRejected,
            "no such model. To go on, check `providers.mine.model` and `providers.mine.baseUrl`",
        ),
        ("limit", ProviderRateLimited, "slower"),
        ("broken", ProviderError, "failed: we broke"),
        ("moved", ProviderUnreachable, "check `providers.mine.baseUrl`"),
        ("wrong", ProviderRejected, "does not take the request: no such thing"),
    ],
)
async def test_what_goes_wrong_says_what_to_do(
    model: ModelProvider, server: Vendors, asked: str, error: type[ProviderError], says: str
) -> None:
    with pytest.raises(error) as failure:
        await run_turn(model, turn(asked))
    assert says in failure.value.detail
    assert KEY not in str(failure.value)
    assert len(server.paths) == 1, "whether to try again is not the client's decision, nor to go elsewhere"
    if asked == "limit":
        assert failure.value.retry_after == 7


async def test_an_account_without_credit_is_no_matter_of_waiting(server: Vendors) -> None:
    provider = await provider_of("openai", server, api="responses")
    with pytest.raises(ProviderQuotaExceeded, match="add to the account"):
        await run_turn(provider, turn("empty"))
    await provider.close()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_server_that_is_not_there_is_named(vendor: str) -> None:
    provider = await provider_of(vendor, Vendors("http://127.0.0.1:9"))
    with pytest.raises(ProviderUnreachable, match=r"127.0.0.1:9.* check `providers.mine.baseUrl`"):
        await run_turn(provider, turn("hi"))
    await provider.close()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_nothing_of_the_environment_is_given_away(
    vendor: str, server: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "sk-of-somebody-else")
    provider = await provider_of(vendor, server, apiKey=None)
    await run_turn(provider, turn("hi"))
    assert "somebody-else" not in str(server.headers)
    await provider.close()


async def test_a_vendor_needs_a_key_and_a_model() -> None:
    provider = ModelProvider("claude", {})
    await provider.configure({"vendor": "anthropic"})
    assert provider.availability.reason == "set `providers.claude.model` and `providers.claude.apiKey`"
    with pytest.raises(ProviderNotInstalled):
        await run_turn(provider, turn("hi"))


async def test_a_session_may_take_another_model_and_think(server: Vendors) -> None:
    provider = await provider_of("google", server, thinking="low", name="Mine", api=None)
    assert provider.info.name == "Mine"
    settings = {"model": "gemini-2.5-pro"}
    await run_turn(provider, TurnRequest("s", "t", "hi", settings=settings))
    assert "gemini-2.5-pro:streamGenerateContent" in server.paths[0]
    assert "thinkingConfig" in server.bodies[0]["generationConfig"]
    await provider.close()


async def test_limits_are_told_when_they_are(server: Vendors) -> None:
    provider = await provider_of("anthropic", server)
    quotas = of(Quota, await run_turn(provider, turn("limits")))
    assert quotas[0] == Quota("requests", 50, 49, 1_893_456_000.0)
    assert (quotas[1].name, quotas[1].limit, quotas[1].remaining) == ("tokens", 1000, 10)
    assert not of(Quota, await run_turn(provider, turn("hi")))
    await provider.close()


async def test_a_limit_that_is_reached_is_told(server: Vendors) -> None:
    provider = await provider_of("anthropic", server)
    seen: list[ProviderEvent] = []
    with pytest.raises(ProviderRateLimited):
        async for event in provider.stream_events("s", turn("limit")):
            seen.append(event)  # noqa: PERF401  # what came before the failure counts
    assert seen == [Quota("requests", 5, 0)]
    await provider.close()


async def test_when_a_limit_begins_anew_is_known_without_retry_after(server: Vendors) -> None:
    provider = await provider_of("openai", server, api="responses")
    with pytest.raises(ProviderRateLimited) as failure:
        await run_turn(provider, turn("spent"))
    assert failure.value.retry_after == pytest.approx(90, abs=5)
    assert wait_of([Quota("requests", 5, 1, 1e12), Quota("tokens", 5, 0)]) is None
    await provider.close()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_conversation_that_a_model_cannot_take_is_told_apart(vendor: str, server: Vendors) -> None:
    provider = await provider_of(vendor, server, contextWindow=4096)
    with pytest.raises(ProviderContextExceeded, match=r"set `providers.mine.contextWindow`"):
        await run_turn(provider, turn("long"))
    assert provider.info.limits == {"model": MODELS[vendor], "contextSize": 4096}
    await provider.close()


async def test_how_much_a_model_reads_is_known_once_it_was_asked(server: Vendors) -> None:
    provider = await provider_of("google", server)
    assert "contextSize" not in provider.info.limits
    await run_turn(provider, turn("hi"))
    assert int(provider.info.limits["contextSize"]) > 100_000
    await provider.close()


@pytest.mark.parametrize("remaining", ["", "-1", "many", "9" * 20])
def test_limits_that_are_none_are_passed_over(remaining: str) -> None:
    headers = {"x-ratelimit-limit-requests": "5", "x-ratelimit-remaining-requests": remaining}
    assert read_quota(headers) == ()


async def test_a_conversation_that_is_too_long_loses_its_beginning_and_says_so(server: Vendors) -> None:
    window = {"contextWindow": 1024}
    provider = await provider_of("anthropic", server, **window)
    history = [ChatMessage("user", "a" * 1200), ChatMessage("assistant", "b" * 900), ChatMessage("user", "c" * 300)]
    history.append(ChatMessage("assistant", "d" * 300))
    events = await run_turn(provider, turn("hi", *history))
    assert isinstance(events[0], Note)
    assert "its first 2 messages were left out" in events[0].content
    assert [message["role"] for message in server.bodies[0]["messages"]] == ["user", "assistant", "user"]
    assert not of(Note, await run_turn(provider, turn("hi")))
    await provider.close()


async def test_a_price_of_ones_own_counts(server: Vendors) -> None:
    price = {"input": 10, "output": 100, "cachedInput": 1}
    provider = await provider_of("google", server, price=price, model="nobody-knows-it")
    used = of(Usage, await run_turn(provider, turn("hi")))[-1]
    assert used.cost == pytest.approx((10 * 10 + 90 * 1 + 20 * 100) / 1e6)
    await provider.close()


async def test_what_nobody_has_a_price_for_has_none(server: Vendors) -> None:
    provider = await provider_of("google", server, model="nobody-knows-it")
    assert of(Usage, await run_turn(provider, turn("hi")))[-1].cost is None
    await provider.close()


async def test_a_model_server_on_this_machine_is_found() -> None:
    async with models_at(b'{"data": [{"id": "nomic-embed"}, {"id": "qwen3:8b"}, {"id": "gemma3"}]}') as port:
        servers = LocalServers([Server("ollama", "Ollama", port), Server("lmstudio", "LM Studio", 9)])
        (found,) = await servers.find()
        assert found.info.name == "Ollama (on this machine)"
        assert found.info.limits["model"] == "qwen3:8b"
        assert (found.availability.status, found.availability.reason) == ("active", None)
        assert isinstance(found, LocalServerProvider)
        assert found.choices == Choices((Choice("qwen3:8b", "qwen3:8b"), Choice("gemma3", "gemma3")), model="qwen3:8b")
        assert await servers.find() == [found]
    assert await servers.find() == [found]
    gone = found.availability
    assert gone.status == "unavailable"
    assert "start it" in (gone.reason or "")


async def test_what_answers_something_else_is_not_a_model_server() -> None:
    async with models_at(b"<html>") as port:
        assert not await LocalServers([Server("ollama", "Ollama", port)]).find()
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as hangs_up:
        port = hangs_up.sockets[0].getsockname()[1]
        assert not await LocalServers([Server("ollama", "Ollama", port)]).find()
    with pytest.raises(ValueError, match="not a list"):
        read_models({"data": "many"})


@asynccontextmanager
async def models_at(body: bytes) -> AsyncIterator[int]:
    """Run a server that answers every request with a body."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readline():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        writer.close()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1]
