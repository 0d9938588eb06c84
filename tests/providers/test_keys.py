"""Keys and added providers over HTTP: set, replaced, refused, removed, live on another screen, and never shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from atrium.adapters.providers.echo import EchoProvider
from atrium.adapters.providers.model import ModelProvider
from atrium.adapters.secrets import MemorySecretStore
from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.providers import Providers
from atrium.plugins.providers.states import LOOK_SECONDS
from atrium.plugins.secrets import Secrets
from atrium.sdk import Manifest, NoConfig, Plugin, Principal
from atrium.sdk.clock import SystemClock
from atrium.sdk.errors import ProviderAuthFailed, ProviderKeyMissing
from atrium.sdk.providers import Availability, Provider, ProviderInfo
from atrium.testing.provider_suite import text_of, turn
from tests.gateway.house import HANG_SECONDS, House, Socket, house_with
from tests.providers.endpoint import KEY, Endpoint, endpoint

WRONG = "sk-wrong-canary-7710aa"
OPENAI = {"kind": "model", "vendor": "openai", "model": "gpt-5.4"}


@pytest.fixture
async def vendor() -> AsyncIterator[Endpoint]:
    async with endpoint() as state:
        yield state


@asynccontextmanager
async def hub(
    providers: dict[str, Any] | None = None,
    store: MemorySecretStore | None = None,
    adapter: MemoryStorageAdapter | None = None,
    environ: dict[str, str] | None = None,
    also: tuple[Provider, ...] = (),
) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    """Run a hub with these sections of model providers, in the order in which the composition root offers them."""
    secrets = store or MemorySecretStore()
    models = [name for name, section in (providers or {}).items() if section.get("kind") == "model"]
    make = partial(ModelProvider, environ=environ or {}, secrets=secrets)

    class Offers(Plugin[NoConfig]):
        """Offers what the composition root does."""

        manifest = Manifest(name="offers", version="1.0.0")

        async def start(self) -> None:
            self.context.extensions.contribute("secrets.store", secrets)
            self.context.extensions.contribute("providers.model", make)
            for provider in (*map(make, models), EchoProvider(SystemClock()), *also):
                self.context.extensions.contribute("providers.provider", provider)

    sections = {"discover": False, "attempts": 1, **(providers or {})}
    plugins = (Offers, Secrets, Providers)
    async with (
        house_with(*plugins, adapter=adapter, clock=Unlooking(), config={"providers": sections}) as house,
        house.http() as http,
    ):
        yield house, http


class Unlooking(SystemClock):
    """A clock by which the hub never looks for what it was not told."""

    async def sleep(self, seconds: float) -> None:
        if seconds == LOOK_SECONDS:
            await asyncio.Event().wait()
        await super().sleep(seconds)


class Slow(EchoProvider):
    """A provider that gets ready when it is told to, and says when it does."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.info = ProviderInfo("slow", "Slow", "1")
        self.preparing = False
        self._changed: Callable[[], None] = lambda: None

    @property
    def availability(self) -> Availability:
        return Availability("active", preparing=self.preparing)

    def watch(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def prepare(self, preparing: bool) -> None:
        self.preparing = preparing
        self._changed()


async def shown(http: httpx.AsyncClient, provider_id: str) -> dict[str, Any]:
    [found] = [one for one in (await http.get("/providers")).json()["data"] if one["id"] == provider_id]
    return dict(found)


async def ask(runtime: CoreRuntime, provider_id: str) -> str:
    async with runtime.service_registry.stream("providers.run", provider_id, turn("hi")) as events:
        return text_of([event async for event in events])


def key_of(place: str | None, *, refused: bool = False, name: str = "provider.gpt", needed: bool = True) -> Any:
    return {"secret": name, "needed": needed, "found": place, "refused": refused}


async def test_a_provider_without_its_key_is_ready_once_the_key_is_set(vendor: Endpoint) -> None:
    section = {**OPENAI, "vendor": "compatible", "baseUrl": vendor.address, "apiKey": {"env": "NOBODY"}}
    async with hub({"gpt": section}) as (house, http):
        before = await shown(http, "gpt")
        assert (before["status"], before["key"]) == ("unavailable", key_of(None))
        with pytest.raises(ProviderKeyMissing) as missing:
            await ask(house.runtime, "gpt")
        assert [action.id for action in missing.value.actions] == ["set_key", "switch_provider", "retry"]

        answer = await http.put("/providers/gpt/key", json={"key": KEY})
        assert (answer.status_code, answer.json()) == (200, await shown(http, "gpt"))
        assert (answer.json()["status"], answer.json()["key"]) == ("active", key_of("store"))
        assert await ask(house.runtime, "gpt") == "Hello there."

        assert (await http.delete("/providers/gpt/key")).status_code == 204
        assert (await shown(http, "gpt"))["key"] == key_of(None)
        gone = await http.delete("/providers/gpt/key")
        assert (gone.status_code, gone.json()["code"]) == (404, "NO_KEY_KEPT")


async def test_a_key_that_was_refused_says_so_until_another_is_set(vendor: Endpoint) -> None:
    section = {**OPENAI, "vendor": "compatible", "baseUrl": vendor.address, "apiKey": {"secret": "MINE"}}
    async with hub({"gpt": section}) as (house, http):
        await http.put("/providers/gpt/key", json={"key": WRONG})
        assert (await http.get("/secrets")).json()["data"][0]["name"] == "MINE"
        with pytest.raises(ProviderAuthFailed) as refused:
            await ask(house.runtime, "gpt")
        assert [action.id for action in refused.value.actions] == ["set_key", "switch_provider", "retry"]
        assert (await shown(http, "gpt"))["key"] == key_of("store", name="MINE", refused=True)

        await http.put("/secrets/MINE", json={"value": KEY})
        async with asyncio.timeout(HANG_SECONDS):  # the plugin is told by an event
            while (await shown(http, "gpt"))["key"]["refused"]:
                pass
        assert await ask(house.runtime, "gpt") == "Hello there."
        assert (await shown(http, "gpt"))["key"] == key_of("store", name="MINE")


async def test_a_key_set_for_a_provider_counts_before_one_of_the_settings_and_goes_back_to_it(vendor: Endpoint) -> None:
    section = {**OPENAI, "vendor": "compatible", "baseUrl": vendor.address, "apiKey": WRONG}
    async with hub({"gpt": section}) as (house, http):
        assert (await shown(http, "gpt"))["key"] == key_of("settings")
        assert (await http.delete("/providers/gpt/key")).json()["code"] == "NO_KEY_KEPT"
        await http.put("/providers/gpt/key", json={"key": KEY})
        assert await ask(house.runtime, "gpt") == "Hello there."
        await http.delete("/providers/gpt/key")
        assert (await shown(http, "gpt"))["key"] == key_of("settings")
    async with hub({"gpt": {**section, "apiKey": {"env": "V"}}}, environ={"V": "x"}) as (_, http):
        assert (await shown(http, "gpt"))["key"] == key_of("environment")


@pytest.mark.parametrize("key", ["", "a\0b", "x" * 65_537])
async def test_a_key_that_no_store_keeps_is_refused_by_the_name_of_its_field(key: str) -> None:
    async with hub({"gpt": OPENAI}) as (_, http):
        answer = await http.put("/providers/gpt/key", json={"key": key})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "key")
        assert (await shown(http, "gpt"))["key"]["found"] is None


async def test_a_provider_that_takes_no_key_refuses_one() -> None:
    async with hub({"echo": {"enabled": True}}) as (_, http):
        answer = await http.put("/providers/echo/key", json={"key": KEY})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "key")
        assert (await http.put("/providers/none/key", json={"key": KEY})).json()["code"] == "UNKNOWN_PROVIDER"
        assert (await http.get("/secrets")).json()["data"] == []


async def test_a_provider_is_added_answers_and_outlives_the_hub(vendor: Endpoint) -> None:
    store, adapter = MemorySecretStore(), MemoryStorageAdapter()
    body = {"vendor": "compatible", "name": "My Model", "baseUrl": vendor.address, "model": "m", "key": KEY}
    async with hub(store=store, adapter=adapter) as (house, http):
        added = await http.post("/providers", json=body)
        assert added.status_code == 201
        assert added.json()["id"] == "my-model"
        assert (added.json()["status"], added.json()["added"]) == ("active", True)
        assert added.json()["key"] == key_of("store", name="provider.my-model", needed=False)
        assert (await http.post("/providers", json=body)).json()["id"] == "my-model-2"
        assert await ask(house.runtime, "my-model") == "Hello there."
        assert vendor.headers[-1]["authorization"] == f"Bearer {KEY}"
        assert (await http.delete("/providers/my-model-2")).status_code == 204
    async with hub(store=store, adapter=adapter) as (house, http):
        assert await ask(house.runtime, "my-model") == "Hello there."
        assert (await http.delete("/providers/my-model")).status_code == 204
        assert [one["id"] for one in (await http.get("/providers")).json()["data"]] == []
        assert (await http.get("/secrets")).json()["data"] == []
    async with hub(store=store, adapter=adapter) as (_, http):
        assert (await http.get("/providers")).json()["data"] == []


async def test_plugins_set_keys_and_add_providers_by_the_same_services() -> None:
    by = Principal(user="local", client="test")
    async with hub({"gpt": OPENAI}) as (house, http):
        call = house.runtime.service_registry.call
        assert (await call("providers.set_key", by, "gpt", SecretStr(KEY)))["status"] == "active"
        await call("providers.remove_key", by, "gpt")
        assert (await shown(http, "gpt"))["key"] == key_of(None)
        added = (await call("providers.add", by, "google", "m", "Gem", None, SecretStr(KEY)))["id"]
        await call("providers.remove_added", by, added)
        assert (await http.delete(f"/providers/{added}")).json()["code"] == "UNKNOWN_PROVIDER"


async def test_providers_that_are_added_at_once_do_not_take_each_others_place() -> None:
    body = {"vendor": "openai", "model": "m", "key": KEY}
    async with hub() as (_, http):
        added = await asyncio.gather(*(http.post("/providers", json=body) for _ in range(4)))
        assert sorted(one.json()["id"] for one in added) == ["openai", "openai-2", "openai-3", "openai-4"]
        assert len((await http.get("/providers")).json()["data"]) == 4


async def test_what_an_earlier_provider_left_is_not_sent_to_a_new_address(vendor: Endpoint) -> None:
    store = MemorySecretStore()
    async with hub(store=store) as (house, http):
        await http.put("/secrets/provider.mine", json={"value": "left behind"})
        body = {"vendor": "compatible", "name": "mine", "baseUrl": vendor.address, "model": "m"}
        assert (await http.post("/providers", json=body)).json()["key"]["found"] is None
        with pytest.raises(ProviderAuthFailed):
            await ask(house.runtime, "mine")
        assert "left behind" not in str(vendor.headers)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": " "}, "model"),
        ({"vendor": "openai", "key": None}, "key"),
        ({"vendor": "openai", "key": ""}, "key"),
        ({"baseUrl": None}, "baseUrl"),
        ({"baseUrl": "file:///etc/passwd"}, "baseUrl"),
        ({"baseUrl": "https://me:secret@example.com"}, "baseUrl"),
        ({"name": "x" * 201}, "name"),
        ({"vendor": "nobody"}, "vendor"),
    ],
)
async def test_what_cannot_be_added_is_refused_by_field_and_leaves_nothing(change: dict[str, Any], field: str) -> None:
    body = {"vendor": "compatible", "name": "mine", "baseUrl": "http://127.0.0.1:9/v1", "model": "m", "key": KEY}
    async with hub() as (_, http):
        answer = await http.post("/providers", json=body | change)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
        assert (await http.get("/providers")).json()["data"] == []
        assert (await http.get("/secrets")).json()["data"] == []


async def test_the_settings_stand_before_what_was_added_and_are_not_removed_here(vendor: Endpoint) -> None:
    store, adapter = MemorySecretStore(), MemoryStorageAdapter()
    body = {"vendor": "openai", "name": "gpt", "model": "m", "key": KEY}
    async with hub(store=store, adapter=adapter) as (_, http):
        assert (await http.post("/providers", json=body)).json()["id"] == "gpt"
    async with hub({"gpt": {**OPENAI, "name": "Mine"}}, store, adapter) as (_, http):
        found = await shown(http, "gpt")
        assert (found["name"], found.get("added")) == ("Mine", None)
        refused = await http.delete("/providers/gpt")
        assert (refused.status_code, refused.json()["code"]) == (409, "NOT_ADDED")
        assert (await http.post("/providers", json=body)).json()["id"] == "gpt-2"
        assert (await http.post("/providers", json={**body, "name": "Моя"})).json()["id"] == "openai"
        assert (await http.post("/providers", json={**body, "name": "default"})).json()["id"] == "default-2"
        assert (await http.delete("/providers/none")).json()["code"] == "UNKNOWN_PROVIDER"


async def test_the_key_is_in_no_answer_no_topic_no_log_and_no_document(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    adapter = MemoryStorageAdapter()
    async with hub({"gpt": OPENAI}, adapter=adapter) as (house, http):
        said = [await http.put("/providers/gpt/key", json={"key": KEY})]
        said += [await http.post("/providers", json={"vendor": "openai", "model": "m", "key": KEY})]
        said += [await http.post("/providers", json={"vendor": "openai", "model": "", "key": KEY})]
        said += [await http.get("/providers"), await http.get("/secrets")]
        said += [await http.get("/topics/providers/states")]
        storage = house.runtime.storage
        kept = [await storage.get("providers.added", key, space="system") for key in ("openai", "gpt")]
        assert [answer.status_code for answer in said] == [200, 201, 422, 200, 200, 200]
        assert KEY not in "".join(answer.text for answer in said) + str(kept) + caplog.text
        assert kept[0] == {"kind": "model", "vendor": "openai", "model": "m"}


async def told(http: httpx.AsyncClient, screen: Socket, provider: str, name: str, value: Any) -> dict[str, Any]:
    """Wait until the topic says this of a provider; it is read again only when the screen is told of a change."""
    while True:
        for one in (await http.get("/topics/providers/states")).json()["data"]:
            if one["id"] == provider and one.get(name) == value:
                return dict(one)
        await screen.next("sync:invalidate")


async def test_another_screen_is_told_of_keys_and_choices_at_once() -> None:
    section = {**OPENAI, "models": ["gpt-5.4-mini"]}
    async with hub({"gpt": section}) as (house, http), house.socket() as screen:
        await http.get("/providers")
        await screen.ask("subscribe", {"topics": ["providers/states"]})
        before = await told(http, screen, "gpt", "key", key_of(None))
        assert [one["id"] for one in before["model"]["choices"]] == ["gpt-5.4", "gpt-5.4-mini"]
        assert before["mode"] == {"own": None, "choices": []}
        await http.put("/secrets/provider.gpt", json={"value": KEY})
        assert (await told(http, screen, "gpt", "key", key_of("store")))["status"] == "active"
        await http.delete("/providers/gpt/key")
        await told(http, screen, "gpt", "status", "unavailable")


async def test_another_screen_is_told_when_a_model_begins_to_be_read_into_memory_and_when_it_is() -> None:
    slow = Slow()
    async with hub({"echo": {"enabled": True}}, also=(slow,)) as (house, http), house.socket() as screen:
        await http.get("/providers")
        await screen.ask("subscribe", {"topics": ["providers/states"]})
        await told(http, screen, "slow", "preparing", None)
        slow.prepare(True)
        await told(http, screen, "slow", "preparing", True)
        slow.prepare(False)
        await told(http, screen, "slow", "preparing", None)
