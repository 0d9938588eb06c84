"""Secrets that settings name: what a provider does while one is missing, is replaced, and cannot be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from atrium.adapters.agents import find_recipes
from atrium.adapters.providers.acp import AcpProvider
from atrium.adapters.providers.acp_servers import parse_servers, told_of
from atrium.adapters.providers.model import ModelProvider
from atrium.adapters.providers.secret_values import SecretValues
from atrium.adapters.secrets import EncryptedFileStore, KeySource, MemorySecretStore
from atrium.sdk.errors import InvalidInput, ProviderAuthFailed
from atrium.sdk.providers import Availability, TextDelta
from atrium.sdk.secrets import SecretStore
from atrium.testing.clock import ManualClock
from atrium.testing.provider_suite import run_turn, text_of, turn
from tests.providers.endpoint import KEY, Endpoint, endpoint


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    async with endpoint() as state:
        yield state


async def provider_with(secrets: SecretStore, address: str) -> ModelProvider:
    provider = ModelProvider("model", {}, secrets)
    await provider.configure({"baseUrl": address, "model": "m", "apiKey": {"secret": "A"}})
    return provider


async def test_a_turn_keeps_the_key_that_it_began_with(server: Endpoint) -> None:
    secrets = MemorySecretStore()
    await secrets.set("A", SecretStr(KEY))
    provider = await provider_with(secrets, server.address)
    running = provider.stream_events("session-1", turn("slow"))
    assert await anext(running) == TextDelta("Hello")
    await secrets.set("A", SecretStr("another"))
    with pytest.raises(ProviderAuthFailed):
        await run_turn(provider, turn("hi", session="session-2"))
    server.go_on.set()
    assert await anext(running) == TextDelta(" there.")
    await secrets.set("A", SecretStr(KEY))
    assert text_of(await run_turn(provider, turn("hi"))) == "Hello there."
    await provider.close()


async def test_a_store_that_cannot_be_read_keeps_its_provider_from_being_offered(tmp_path: Path) -> None:
    secrets = EncryptedFileStore(tmp_path, KeySource(tmp_path), lambda: 0.0)
    await secrets.set("A", SecretStr(KEY))
    (tmp_path / "key").unlink()
    provider = await provider_with(secrets, "http://127.0.0.1:9/v1")
    assert provider.availability.status == "unavailable"
    assert "The secret store cannot be used: the key of" in (provider.availability.reason or "")


async def test_an_agent_whose_key_is_in_the_store_is_not_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, secrets = find_recipes(tmp_path)["claude"], MemorySecretStore()
    for name in recipe.variables:
        monkeypatch.delenv(name, raising=False)
    agent = AcpProvider("claude", tmp_path, ManualClock(), recipe, secrets=secrets)
    assert agent.program is not None
    assert not agent.program.variables_set
    await agent.configure({"env": {"ANTHROPIC_API_KEY": {"secret": "A"}}})
    named = "`providers.claude.env.ANTHROPIC_API_KEY` names the secret A: set it with `atrium secrets set A`"
    assert agent.availability == Availability("unavailable", named)
    await secrets.set("A", SecretStr(KEY))
    assert agent.availability.status == "notInstalled"
    assert agent.program.variables_set == ("ANTHROPIC_API_KEY",)


async def test_mcp_servers_get_the_secrets_that_they_name_or_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = MemorySecretStore()
    await secrets.set("A", SecretStr(KEY))
    servers = parse_servers(
        {
            "notes": {"command": ["sh"], "env": {"TOKEN": {"secret": "A"}, "PLAIN": "yes"}},
            "wiki": {"url": "https://wiki.example/mcp", "headers": {"Authorization": {"secret": "A"}}},
            "other": {"command": ["sh"], "env": {"TOKEN": {"secret": "B"}}},
        }
    )
    told = await told_of(servers, SecretValues(secrets), str(tmp_path), ["http"])
    assert [(one["name"], one.get("env") or one["headers"]) for one in told.servers] == [
        ("notes", [{"name": "TOKEN", "value": KEY}, {"name": "PLAIN", "value": "yes"}]),
        ("wiki", [{"name": "Authorization", "value": KEY}]),
    ]
    assert list(told.left_out) == ["other"]
    assert "providers.mcpServers.other is left out: " in caplog.text
    assert "atrium secrets set B" in caplog.text
    assert KEY not in repr(servers) + caplog.text


@pytest.mark.parametrize("key", [{"secret": f"{KEY} with blanks"}, {"secret": "A", "env": "A"}, {"secret": [KEY]}])
async def test_what_names_no_secret_is_refused_and_not_told(key: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await ModelProvider("model", {}).configure({"apiKey": key})
    assert "providers.model.apiKey" in str(refusal.value)
    assert KEY not in str(refusal.value)
