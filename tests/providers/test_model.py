"""The model provider against a real HTTP server: the contract, the protocol, every way to fail, and the key."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from atrium.adapters.providers.model import ModelProvider
from atrium.adapters.providers.model_settings import PACKAGES, ModelSettings
from atrium.sdk.errors import (
    InvalidInput,
    ProviderAuthFailed,
    ProviderError,
    ProviderNotInstalled,
    ProviderRateLimited,
    ProviderUnreachable,
)
from atrium.sdk.providers import ChatMessage, Provider, TextDelta, ThinkingDelta, TurnRequest, Usage
from atrium.testing.provider_suite import ProviderSuite, begun_turn, run_turn, text_of, turn
from tests.providers.endpoint import KEY, Endpoint, endpoint


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint() as state:
        yield state


async def provider_at(address: str, **settings: Any) -> ModelProvider:
    provider = ModelProvider("model", {"MY_KEY": KEY})
    await provider.configure({"baseUrl": address, "apiKey": KEY, "model": "m", **settings})
    return provider


@pytest.fixture
async def model(server: Endpoint) -> AsyncIterator[ModelProvider]:
    provider = await provider_at(server.address)
    yield provider
    await provider.close()


class TestContract(ProviderSuite):
    long = "endless"

    @pytest.fixture
    async def provider(self, model: ModelProvider, server: Endpoint) -> Provider:
        self.server = server
        return model

    @pytest.fixture
    async def unavailable(self) -> Provider:
        return ModelProvider("model", {})

    async def nothing_runs(self, provider: Provider) -> None:
        """Wait until the server has seen the request end."""
        await self.server.left.wait()
        await asyncio.sleep(0)


async def test_an_answer_and_its_usage(model: ModelProvider) -> None:
    events = await run_turn(model, turn("hi"))
    assert events == [TextDelta("Hello"), TextDelta(" there."), Usage(11, 3, model="m")]


async def test_thinking_is_told_apart(model: ModelProvider) -> None:
    events = await run_turn(model, turn("think"))
    assert events[0] == ThinkingDelta("Let me see.")
    assert text_of(events) == "Hello there."


async def test_the_conversation_and_the_sessions_settings_are_sent(model: ModelProvider, server: Endpoint) -> None:
    history = (ChatMessage("user", "one"), ChatMessage("assistant", "two"))
    settings = {"systemPrompt": "be kind", "temperature": 0.5, "maxTokens": 9}
    await run_turn(model, TurnRequest("s", "t", "three", history, settings))
    (request,) = server.requests
    assert [(message["role"], message["content"]) for message in request["messages"]] == [
        ("system", "be kind"),
        ("user", "one"),
        ("assistant", "two"),
        ("user", "three"),
    ]
    assert request["model"] == "m"
    assert request["stream"] is True
    assert request["temperature"] == 0.5
    assert 9 in (request.get("max_tokens"), request.get("max_completion_tokens"))


async def test_text_is_not_held_back(model: ModelProvider, server: Endpoint) -> None:
    events = model.stream_events("s", turn("slow"))
    assert await anext(events) == TextDelta("Hello")
    server.go_on.set()
    assert await anext(events) == TextDelta(" there.")
    assert [event async for event in events] == [Usage(11, 3, model="m")]


async def test_a_cancelled_turn_closes_its_request(model: ModelProvider, server: Endpoint) -> None:
    async with begun_turn(model, turn("slow")):
        assert not server.left.is_set()
    await server.left.wait()


async def test_a_rate_limit_says_when_to_come_back(model: ModelProvider, server: Endpoint) -> None:
    with pytest.raises(ProviderRateLimited, match="Rate limit reached") as failure:
        await run_turn(model, turn("limit"))
    assert failure.value.retry_after == 7
    assert len(server.requests) == 1, "whether to try again is not the client's decision"


async def test_a_wrong_key(server: Endpoint) -> None:
    provider = await provider_at(server.address, apiKey="sk-wrong-key")
    with pytest.raises(ProviderAuthFailed) as failure:
        await run_turn(provider, turn("hi"))
    assert "sk-wrong-key" not in str(failure.value)
    await provider.close()


async def test_an_endpoint_that_is_not_there() -> None:
    provider = await provider_at("http://127.0.0.1:9/v1")
    with pytest.raises(ProviderUnreachable):
        await run_turn(provider, turn("hi"))
    await provider.close()


@pytest.mark.parametrize("end", ["cut", "reset"])
async def test_a_cut_connection_keeps_what_came(model: ModelProvider, server: Endpoint, end: str) -> None:
    events = model.stream_events("s", turn(end))
    assert await anext(events) == TextDelta("Hello")
    server.go_on.set()
    with pytest.raises(ProviderUnreachable):
        await anext(events)


async def test_a_silent_endpoint_times_out(server: Endpoint) -> None:
    provider = await provider_at(server.address, timeout=0.05)
    with pytest.raises(ProviderUnreachable):
        await run_turn(provider, turn("silence"))
    await provider.close()


async def test_a_malformed_stream(model: ModelProvider) -> None:
    with pytest.raises(ProviderError, match="Failed to decode response as JSON"):
        await run_turn(model, turn("malformed"))


async def test_a_server_error(model: ModelProvider) -> None:
    with pytest.raises(ProviderError, match="we broke") as failure:
        await run_turn(model, turn("broken"))
    assert KEY not in str(failure.value)


@pytest.mark.parametrize("message", ["limit", "broken", "cut", "malformed", "hi"])
async def test_the_key_is_nowhere_to_be_seen(
    model: ModelProvider, server: Endpoint, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.go_on.set()
    seen = [repr(model), repr(model.info), repr(model.availability)]
    try:
        seen.append(repr(await run_turn(model, turn(message))))
    except ProviderError as error:
        chain: BaseException | None = error
        while chain is not None:
            seen += [repr(chain), str(chain), repr(vars(chain))]
            chain = chain.__cause__
    # Its environment is the process's own.
    seen += [repr({name: value for name, value in vars(model).items() if name != "_environ"}), caplog.text]
    assert not [text for text in seen if KEY in text]


async def test_the_key_may_stand_in_the_environment(server: Endpoint) -> None:
    provider = await provider_at(server.address, apiKey={"env": "MY_KEY"})
    assert text_of(await run_turn(provider, turn("hi"))) == "Hello there."
    await provider.close()


async def test_keys_and_accounts_of_the_environment_are_not_given_away(
    server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody-else")
    provider = await provider_at(server.address, apiKey=None)
    with pytest.raises(ProviderAuthFailed):
        await run_turn(provider, turn("hi"))
    assert "somebody-else" not in str(server.headers)
    await provider.close()


async def test_new_settings_are_used_by_the_next_turn(model: ModelProvider, server: Endpoint) -> None:
    await run_turn(model, turn("hi"))
    await model.configure({"baseUrl": server.address, "apiKey": KEY, "model": "other"})
    await run_turn(model, turn("hi"))
    assert [request["model"] for request in server.requests] == ["m", "other"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "set `providers.model.baseUrl` and `providers.model.model`"),
        ({"baseUrl": "http://localhost/v1"}, "set `providers.model.model`"),
        ({"baseUrl": None, "model": "m"}, "set `providers.model.baseUrl`"),
        ({"baseUrl": "http://localhost/v1", "model": "m", "apiKey": {"env": "UNSET"}}, "names UNSET, which is not set"),
    ],
)
async def test_what_is_missing_is_said(settings: dict[str, Any], reason: str) -> None:
    provider = ModelProvider("model", {})
    await provider.configure(settings)
    assert provider.availability.status == "unavailable"
    assert reason in (provider.availability.reason or "")
    with pytest.raises(ProviderNotInstalled):
        await run_turn(provider, turn("hi"))


@pytest.mark.parametrize("package", ["no_such_package", "no_such_package.of_a_namespace"])
async def test_a_missing_package_says_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("dict[str, str]", PACKAGES), "compatible", package)
    provider = await provider_at("http://127.0.0.1:9/v1")
    with pytest.raises(ProviderNotInstalled, match=r"its packages are not installed: install atrium-hub\[model\]"):
        await run_turn(provider, turn("hi"))


def test_whatever_fails_is_told_as_one_of_the_hubs_errors() -> None:
    from pydantic_ai.exceptions import UnexpectedModelBehavior

    from atrium.adapters.providers.model_errors import Translator

    failed = Translator("model", ModelSettings(base_url="http://here"), KEY)
    for error, kind, detail in (
        (UnexpectedModelBehavior(f"no end {KEY}"), ProviderError, "no end ***"),
        (ValueError("no JSON."), ProviderError, "http://here sent something that is not its protocol: no JSON"),
        (TimeoutError(), ProviderUnreachable, "http://here does not answer: TimeoutError. To go on, check"),
    ):
        told = failed.translate(error, "m")
        assert type(told) is kind
        assert detail in str(told)


@pytest.mark.parametrize(
    "settings",
    [
        {"baseUrl": "localhost"},
        {"baseUrl": "ftp://localhost/v1"},
        {"baseUrl": f"https://me:{KEY}@localhost/v1"},
        {"apiKey": {"environment": KEY}},
        {"apiKey": [KEY]},
        {"timeout": 0},
    ],
)
async def test_bad_settings_are_named_without_their_values(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await ModelProvider("model", {}).configure(settings)
    assert refusal.value.fields[0].field.startswith(f"providers.model.{next(iter(settings))}")
    assert KEY not in str(refusal.value)


def test_the_model_sdk_is_not_imported_before_it_is_used() -> None:
    script = """
import sys
from atrium.adapters.providers import echo, local, model
model.ModelProvider().availability
heavy = {"pydantic_ai", "openai", "httpx", "httpx2", "numpy", "xllamacpp"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)


async def test_sessions_choose_among_the_models_of_the_settings() -> None:
    alone = await provider_at("http://127.0.0.1:9/v1")
    assert [one.id for one in alone.choices.models] == ["m"]
    assert alone.choices.any_model
    several = await provider_at("http://127.0.0.1:9/v1", models=["n", "m"])
    assert [one.id for one in several.choices.models] == ["m", "n"]
    assert (several.choices.model, several.choices.any_model) == ("m", False)
    assert await several.learn_choices("s", {}) == several.choices
