"""The providers plugin in a running kernel: the list, the check, turns, sessions, providers that come, go and break."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from atrium.adapters.providers.echo import EchoProvider
from atrium.adapters.providers.local import LocalProvider
from atrium.adapters.providers.model import ModelProvider
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers import Providers
from atrium.plugins.providers.config import ProvidersConfig
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import InvalidInput, ProviderCrashed, ProviderError, ProviderNotInstalled, Unavailable
from atrium.sdk.providers import (
    Availability,
    Choice,
    Choices,
    Command,
    ProviderEvent,
    ProviderInfo,
    TextDelta,
    TurnRequest,
)
from atrium.testing.kernel import kernel_with
from atrium.testing.plain_provider import PlainProvider
from atrium.testing.provider_suite import text_of, turn
from tests.gateway.house import house_with

ECHO = {"echo": {"enabled": True}}


class Odd(PlainProvider):
    """A provider of somebody else: says what it was told, and fails as it is told."""

    def __init__(self, provider_id: str = "odd", fault: Exception | None = None) -> None:
        self.info = ProviderInfo(provider_id, "Odd", "1")
        self.fault = fault
        self.calls: list[tuple[str, Any]] = []
        self.ended = asyncio.Event()

    async def configure(self, settings: Mapping[str, Any]) -> None:
        self.calls.append(("configure", dict(settings)))
        if self.fault is not None:
            raise self.fault

    async def start_session(self, session_id: str, settings: Mapping[str, Any]) -> None:
        self.calls.append(("start", session_id))

    async def stream_events(self, session_id: str, turn: TurnRequest) -> AsyncIterator[ProviderEvent]:
        try:
            yield TextDelta(turn.content)
            if turn.content == "break":
                raise KeyError("something inside")
            if turn.content == "wait":
                await asyncio.Event().wait()
        finally:
            self.ended.set()

    async def stop_session(self, session_id: str) -> None:
        self.calls.append(("stop", session_id))

    async def close(self) -> None:
        self.calls.append(("close", None))
        if self.fault is not None:
            raise self.fault


@asynccontextmanager
async def hub(*providers: Any, **config: Any) -> AsyncIterator[CoreRuntime]:
    """Run the plugin with these providers on offer."""
    async with kernel_with(Providers, config={"providers": config}) as runtime:
        for provider in providers:
            runtime.extensions.contribute("providers.provider", "test", provider)
        await settled(runtime, len(providers))
        yield runtime


async def settled(runtime: CoreRuntime, count: int) -> None:
    """Wait until so many providers are listed, or the loop has turned often enough for any that are."""
    for _ in range(50):
        if len((await runtime.service_registry.call("providers.list"))["data"]) == count:
            return
        await asyncio.sleep(0)


async def listed(runtime: CoreRuntime) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in (await runtime.service_registry.call("providers.list"))["data"]}


async def run(runtime: CoreRuntime, provider_id: str, content: str) -> list[ProviderEvent]:
    async with runtime.service_registry.stream("providers.run", provider_id, turn(content)) as events:
        return [event async for event in events]


async def test_the_list_is_what_the_wire_says(tmp_path: Path) -> None:
    bundled = (LocalProvider(tmp_path, SystemClock()), ModelProvider("model", {}), EchoProvider(SystemClock()))
    async with hub(*bundled, **ECHO) as runtime:
        found = await listed(runtime)
    assert list(found) == ["local", "model", "echo"]
    keys = {"id", "name", "version", "status", "capabilities", "limits", "circuit"}
    assert set(found["echo"]) == keys
    assert set(found["local"]) == set(found["model"]) == keys | {"reason", "phrases"}
    assert found["local"]["phrases"]["reason"]["code"] == "local.model_missing"
    assert [one["status"] for one in found.values()] == ["notInstalled", "unavailable", "active"]
    assert "atrium models pull" in found["local"]["reason"]


async def test_a_provider_that_has_to_get_ready_says_so() -> None:
    odd = Odd()
    async with hub(odd) as runtime:
        assert "preparing" not in (await listed(runtime))["odd"]
        odd.availability = Availability("active", preparing=True)
        assert (await listed(runtime))["odd"]["preparing"] is True


async def test_the_list_is_served() -> None:
    async with house_with(Providers) as house, house.http() as http:
        answer = await http.get("/providers")
    assert (answer.status_code, answer.json()) == (200, {"data": [], "default": "local"})


async def test_echo_is_not_there_unless_it_is_enabled() -> None:
    async with hub(EchoProvider(SystemClock())) as runtime:
        assert await listed(runtime) == {}
        with pytest.raises(InvalidInput):
            await runtime.service_registry.call("providers.check", "echo")


async def test_an_unknown_provider_is_told_the_known_ones() -> None:
    async with hub(Odd("one"), Odd("two")) as runtime:
        await runtime.service_registry.call("providers.check", "one")
        with pytest.raises(InvalidInput, match="'three' is not a provider; there is one, two") as refusal:
            await runtime.service_registry.call("providers.check", "three")
        assert refusal.value.status == 422
        assert refusal.value.fields[0].field == "providerId"
        with pytest.raises(ProviderNotInstalled, match="three is no longer a provider"):
            await run(runtime, "three", "hi")


async def test_a_turn_runs_and_its_session_is_started_once() -> None:
    odd = Odd()
    async with hub(odd) as runtime:
        assert text_of(await run(runtime, "odd", "hi")) == "hi"
        assert text_of(await run(runtime, "odd", "again")) == "again"
        assert odd.calls == [("configure", {}), ("start", "session-1")]
        await runtime.service_registry.call("providers.stop_session", "odd", "session-1")
        await run(runtime, "odd", "and again")
        assert odd.calls[2:] == [("stop", "session-1"), ("start", "session-1")]


async def test_each_provider_gets_its_section() -> None:
    odd, local = Odd(), Odd("local")
    async with hub(odd, local, odd={"colour": "green"}, idleTimeout=5, local={"model": "m"}):
        assert odd.calls == [("configure", {"colour": "green"})]
        assert local.calls == [("configure", {"model": "m", "idleTimeout": 5})]


async def test_closing_the_stream_ends_the_turn() -> None:
    odd = Odd()
    async with hub(odd) as runtime:
        async with runtime.service_registry.stream("providers.run", "odd", turn("wait")) as events:
            assert await anext(events) == TextDelta("wait")
        assert odd.ended.is_set()


async def test_stopping_the_plugin_ends_turns_and_closes_providers() -> None:
    odd = Odd()
    async with hub(odd) as runtime:
        async with runtime.service_registry.stream("providers.run", "odd", turn("wait")) as events:
            await anext(events)
            await runtime.plugin_manager.stop_plugin("providers")
            assert odd.ended.is_set()
            with pytest.raises(Unavailable):
                await anext(events)
        assert odd.calls[-1] == ("close", None)


async def test_what_a_provider_does_not_foresee_names_it() -> None:
    async with hub(Odd()) as runtime:
        with pytest.raises(ProviderError, match=r"odd failed unexpectedly \(KeyError\)"):
            await run(runtime, "odd", "break")


async def test_what_a_provider_foresees_is_passed_on() -> None:
    async with hub(EchoProvider(SystemClock()), **ECHO) as runtime:
        with pytest.raises(ProviderCrashed):
            await run(runtime, "echo", "/fail crash")
        with pytest.raises(InvalidInput, match="/tokens takes"):
            await run(runtime, "echo", "/tokens x")


@pytest.mark.parametrize("fault", [ProviderError("no key"), RuntimeError("a secret")])
async def test_a_provider_that_cannot_be_configured_harms_nobody(fault: Exception) -> None:
    async with hub(Odd("broken", fault), Odd()) as runtime:
        found = await listed(runtime)
        assert found["broken"]["status"] == "unavailable"
        assert "a secret" not in found["broken"]["reason"]
        with pytest.raises(ProviderNotInstalled, match="broken: "):
            await run(runtime, "broken", "hi")
        assert text_of(await run(runtime, "odd", "hi")) == "hi"


async def test_bad_settings_are_the_reason_shown(tmp_path: Path) -> None:
    async with hub(LocalProvider(tmp_path, SystemClock()), local={"contextSize": 1}) as runtime:
        assert "providers.local.contextSize" in (await listed(runtime))["local"]["reason"]


async def test_providers_come_and_go() -> None:
    async with hub() as runtime:
        odd = Odd()
        withdraw = runtime.extensions.contribute("providers.provider", "test", odd)
        await settled(runtime, 1)
        assert text_of(await run(runtime, "odd", "hi")) == "hi"
        withdraw()
        await settled(runtime, 0)
        assert await listed(runtime) == {}
        assert odd.calls[-1] == ("close", None)


async def test_the_first_provider_of_an_id_stands() -> None:
    first, second = Odd(), Odd()
    async with hub(first, second) as runtime:
        assert len(await listed(runtime)) == 1
        await run(runtime, "odd", "hi")
        assert first.calls
        assert not second.calls


async def test_the_default_provider() -> None:
    async with hub() as runtime:
        assert await runtime.service_registry.call("providers.default") == "local"
    async with hub(default="echo") as runtime:
        assert await runtime.service_registry.call("providers.default") == "echo"


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown setting 'autoUpdte'"):
        ProvidersConfig.model_validate({"autoUpdte": False})
    with pytest.raises(ValueError, match="'My model' is no provider's id"):
        ProvidersConfig.model_validate({"My model": {}})


def test_the_settings_do_not_show_keys() -> None:
    config = ProvidersConfig.model_validate({"model": {"apiKey": "sk-secret"}, "mine": {"key": "sk-secret"}})
    assert "sk-secret" not in f"{config!r} {config}"
    assert config.section("model") == {"apiKey": "sk-secret"}


class Choosy(Odd):
    """A provider that learns late what its sessions may choose."""

    choices = Choices()

    async def learn_choices(self, session_id: str, settings: Mapping[str, Any]) -> Choices:
        self.choices = Choices(modes=(Choice("plan", "Plan"),), mode="act", any_model=True)
        return self.choices

    async def control(self, session_id: str, command: Command) -> None:
        self.calls.append((command.kind, dict(command.arguments)))


async def test_models_and_modes_are_asked_for_when_they_are_not_known() -> None:
    choosy = Choosy("choosy")
    async with hub(choosy, Odd()) as runtime:
        call = runtime.service_registry.call
        assert (await call("providers.choices", "choosy"))["mode"] == {"own": None, "choices": []}
        await call("providers.check_choices", "choosy", "s", {}, {"mode": "plan", "model": "whatever"})
        assert (await call("providers.choices", "choosy"))["mode"]["choices"] == [{"id": "plan", "name": "Plan"}]
        with pytest.raises(InvalidInput, match="no mode 'act'; there is plan") as refused:
            await call("providers.check_choices", "choosy", "s", {}, {"mode": "act"})
        assert [field.field for field in refused.value.fields] == ["mode"]
        with pytest.raises(InvalidInput, match="Odd offers no models to choose from"):
            await call("providers.check_choices", "odd", "s", {}, {"model": "m"})
        await call("providers.set_mode", "choosy", "s", "plan")
        assert choosy.calls[-1] == ("mode", {"id": "plan"})


async def test_a_session_with_other_settings_is_started_anew() -> None:
    odd = Odd()
    async with hub(odd) as runtime:
        for settings in ({}, {}, {"model": "m"}):
            request = TurnRequest("s", "t", "hi", settings=settings)
            async with runtime.service_registry.stream("providers.run", "odd", request) as events:
                assert text_of([event async for event in events]) == "hi"
    assert [call for call in odd.calls if call[0] == "start"] == [("start", "s")] * 2
