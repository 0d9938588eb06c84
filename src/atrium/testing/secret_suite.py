"""The contract of the `SecretStore` port as tests: inherit, say how to get a store, and run it with pytest.

class TestMine(SecretSuite):
    @pytest.fixture
    def factory(self, tmp_path):
        return lambda: MySecretStore(tmp_path)
"""

# ruff: noqa: D102  # the tests' names say what they test

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from atrium.sdk.errors import InvalidInput
from atrium.sdk.secrets import LONGEST, SecretStore, UnknownSecret

StoreFactory = Callable[[], SecretStore]
"""Returns another store of the same secrets, as another process would open it."""

VALUES = ("sk-1", " ", "two\nlines\r\n", "\N{DRAGON} Ça va?", '{"a": "\\"}', "\x01\x7f", "x" * LONGEST)
NAMES = ("A", "openai", "OPENAI_API_KEY", "my.key-2", "x" * 100)
NOT_NAMES = ("", " ", "1st", "_a", "a b", "a/b", "../a", "a\n", "é", "a:b", "x" * 101)


class SecretSuite:
    """What every store promises; define `factory`."""

    @pytest.fixture
    def factory(self) -> StoreFactory:
        """Return what opens the store under test."""
        raise NotImplementedError("define the fixture `factory` in your test class")

    @pytest.fixture
    def store(self, factory: StoreFactory) -> SecretStore:
        """Return an empty store."""
        return factory()

    async def test_an_empty_store_has_nothing(self, store: SecretStore) -> None:
        assert not store.has("A")
        assert list(await store.list()) == []
        assert await store.remove("A") is False
        with pytest.raises(UnknownSecret, match="atrium secrets set A"):
            await store.get("A")
        assert store.place

    async def test_what_was_set_is_returned_to_the_letter(self, store: SecretStore) -> None:
        for name in NAMES:
            for value in VALUES:
                assert (await store.set(name, SecretStr(value))).name == name
                assert (await store.get(name)).get_secret_value() == value
        assert all(store.has(name) for name in NAMES)

    async def test_secrets_are_listed_by_name_with_the_time_of_their_change(self, store: SecretStore) -> None:
        told = [await store.set(name, SecretStr("v")) for name in ("b", "a", "C")]
        assert list(await store.list()) == sorted(told, key=lambda info: info.name)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", info.changed_at) for info in told)

    async def test_a_removed_secret_is_gone_and_the_others_stay(self, store: SecretStore) -> None:
        await store.set("A", SecretStr("one"))
        await store.set("B", SecretStr("two"))
        assert await store.remove("A") is True
        assert await store.remove("A") is False
        assert (store.has("A"), store.has("B")) == (False, True)
        assert [info.name for info in await store.list()] == ["B"]
        with pytest.raises(UnknownSecret):
            await store.get("A")
        assert (await store.get("B")).get_secret_value() == "two"

    @pytest.mark.parametrize("name", NOT_NAMES)
    async def test_a_name_that_is_none_is_refused(self, store: SecretStore, name: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            await store.set(name, SecretStr("canary-value"))
        assert [wrong.field for wrong in refusal.value.fields] == ["name"]
        assert "canary-value" not in str(refusal.value)
        assert not store.has(name)

    @pytest.mark.parametrize("value", ["", "canary\0value", "canary\ud800value", "canary" * LONGEST])
    async def test_a_value_that_no_program_could_use_is_refused_and_not_told(
        self, store: SecretStore, value: str
    ) -> None:
        await store.set("A", SecretStr("before"))
        with pytest.raises(InvalidInput) as refusal:
            await store.set("A", SecretStr(value))
        assert [wrong.field for wrong in refusal.value.fields] == ["value"]
        assert "canary" not in str(refusal.value)
        assert (await store.get("A")).get_secret_value() == "before"

    async def test_another_store_sees_every_change(self, factory: StoreFactory) -> None:
        one, two = factory(), factory()
        await one.set("A", SecretStr("one"))
        assert two.has("A")
        await two.set("A", SecretStr("two"))
        assert (await one.get("A")).get_secret_value() == "two"
        await two.remove("A")
        assert not one.has("A")

    async def test_changes_at_the_same_time_are_all_kept(self, factory: StoreFactory) -> None:
        stores = [factory() for _ in range(3)]
        names = [f"name-{number}" for number in range(12)]
        await asyncio.gather(
            *(stores[place % 3].set(name, SecretStr(f"value of {name}")) for place, name in enumerate(names))
        )
        assert [info.name for info in await stores[0].list()] == sorted(names)
        for name in names:
            assert (await stores[1].get(name)).get_secret_value() == f"value of {name}"

    async def test_nothing_that_is_told_of_a_store_has_a_value(self, store: SecretStore) -> None:
        info = await store.set("A", SecretStr("canary-value"))
        told = [repr(store), str(vars(store)), repr(info), repr(await store.get("A")), repr(await store.list())]
        assert not [text for text in told if "canary" in text]
