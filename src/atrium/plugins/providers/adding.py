"""Providers that people add while the hub runs: models behind an API, kept by the hub and not in its settings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import SecretStr

from atrium.plugins.providers.keys import Keys, describe, key_of
from atrium.plugins.providers.roster import AddedProvider, Member
from atrium.sdk import Conflict, Context, FieldError, InvalidInput, Principal, Unavailable, route, service
from atrium.sdk.providers import Provider, Watchable

PROVIDER_POINT = "providers.provider"
"""The extension point at which implementations of the `Provider` SPI are offered."""

MODEL_POINT = "providers.model"
"""The extension point at which whoever makes model providers is offered: called with an id, returns a `Provider`."""

COLLECTION = "added"
MOST = 50
"""Providers that can be added to one hub."""

Vendor = Literal["openai", "anthropic", "google", "compatible"]
MakeProvider = Callable[[str], Provider]


class NotAdded(Conflict):
    """The provider is in the settings, and is removed there."""


class Added:
    """Keeps the settings of what was added, keys not among them, in the hub's own space."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._storage = context.storage.system
        self._added: dict[str, AddedProvider] = {}
        self.changing = asyncio.Lock()

    async def open(self) -> None:
        """Make the providers that were added before."""
        for provider_id in await self._storage.list_keys(collection=COLLECTION):
            settings = await self._storage.get(provider_id, collection=COLLECTION)
            if settings and self._context.extensions.at(MODEL_POINT):
                self._added[provider_id] = AddedProvider(self._make(provider_id), settings)

    def all(self) -> list[AddedProvider]:
        """Return all of them."""
        return list(self._added.values())

    async def add(self, provider_id: str, settings: dict[str, Any]) -> None:
        """Make a provider and keep its settings; raises `InvalidInput` if it does not take them."""
        if len(self._added) >= MOST:
            raise Conflict(f"{MOST} providers are added already: remove one first")
        provider = self._make(provider_id)
        await _check(provider, settings)
        await self._storage.set(provider_id, settings, collection=COLLECTION)
        self._added[provider_id] = AddedProvider(provider, settings)

    async def remove(self, provider_id: str) -> None:
        """Forget one."""
        await self._storage.delete(provider_id, collection=COLLECTION)
        del self._added[provider_id]

    def _make(self, provider_id: str) -> Provider:
        makers = self._context.extensions.at(MODEL_POINT)
        if not makers:
            raise Unavailable("this hub makes no model providers; start it with `atrium up`")
        make: MakeProvider = makers[0].value
        return make(provider_id)


class Adding(Keys):
    """The part of the providers plugin that adds and removes them; it is not a plugin by itself."""

    _added: Added | None = None
    _changing: asyncio.Lock

    @property
    def added(self) -> Added:
        """Return what lives from start to stop."""
        if self._added is None:
            raise Unavailable("providers are stopped; try again when the hub has started them")
        return self._added

    @route("POST", "/providers", status=201)
    @service("providers.add")
    async def add(
        self,
        caller: Principal,
        vendor: Vendor,
        model: str,
        name: str = "",
        base_url: str | None = None,
        key: SecretStr | None = None,
    ) -> dict[str, Any]:
        """Add a model behind an API, with its key, and return it as `GET /providers` shows it.

        Its id is made of its name. A model of a vendor needs a key, and `compatible` a `baseUrl`. The key goes into the
        secret store, and to no other address than this one's.
        """
        settings = _settings_of(vendor, model, name, base_url)
        _check_key(vendor, key)
        async with self.added.changing:
            provider_id = self._free_id(settings.get("name") or vendor, vendor)
            await self.added.add(provider_id, settings)
            await self.follow()
            member = self._roster.find(provider_id)
            try:
                await self._begin_with(caller, member, key)
            except BaseException:
                await self._forget(member)
                raise
            return describe(member)

    @route("DELETE", "/providers/{provider_id}", status=204)
    @service("providers.remove_added")
    async def remove_added(self, caller: Principal, provider_id: str) -> None:
        """Remove a provider that was added, and its key; its sessions stay, for another provider to go on with."""
        async with self.added.changing:
            member = self._roster.find(provider_id)
            if not member.added:
                raise NotAdded(f"`providers.{provider_id}` in core/config.json, or a program that is installed")
            key = key_of(member)
            if key is not None and key.found == "store":
                await self.drop_key(caller, member)
            await self._forget(member)

    async def follow(self) -> None:
        """Have those providers that are on offer or were added, each configured."""
        async with self._changing:
            offered = [one.value for one in self.context.extensions.at(PROVIDER_POINT)]
            added = [] if self._added is None else self._added.all()
            await self._roster.follow(offered, self.config, self.context.clock, added)
        for member in self._roster.all():
            if isinstance(member.provider, Watchable):
                member.provider.watch(self.tell_changed)
        self.tell_changed()

    async def _begin_with(self, caller: Principal, member: Member, key: SecretStr | None) -> None:
        """Keep the key of a new provider; what an earlier one of the same id has left is not given to its address."""
        found = key_of(member)
        if key is not None:
            await self.keep_key(caller, member, key)
        elif found is not None and found.found == "store":
            await self.drop_key(caller, member)

    async def _forget(self, member: Member) -> None:
        await self.added.remove(member.provider.info.id)
        await self.follow()

    def _free_id(self, name: str, vendor: str) -> str:
        """Return an id that says what it is, and that no other provider has."""
        stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        stem = (stem if re.match(r"[a-z]", stem) else vendor)[:30].rstrip("-")
        taken = {"programs", *type(self.config).model_fields, *self._roster.ids()}
        ids = (stem if number == 1 else f"{stem}-{number}" for number in range(1, MOST + len(taken) + 2))
        return next(one for one in ids if one not in taken and not self.config.section(one))


def _settings_of(vendor: Vendor, model: str, name: str, base_url: str | None) -> dict[str, Any]:
    """Return the section that says the same; raises `InvalidInput` for what is left empty."""
    settings = {"kind": "model", "vendor": vendor, "model": model.strip(), "name": name.strip()}
    if base_url and base_url.strip():
        settings["baseUrl"] = base_url.strip()
    for field, what in (("model", "a model's name"), ("baseUrl", "the address of the endpoint")):
        if not settings.get(field) and (field == "model" or vendor == "compatible"):
            raise _wrong(field, f"give {what}")
    for field in ("model", "name"):
        if len(settings[field]) > 200:
            raise _wrong(field, "give 200 characters at most")
    return {field: value for field, value in settings.items() if value}


def _check_key(vendor: Vendor, key: SecretStr | None) -> None:
    if key is None and vendor != "compatible":
        raise _wrong("key", "give the key: this vendor takes nobody without one")


async def _check(provider: Provider, settings: Mapping[str, Any]) -> None:
    """Let the provider judge the settings; its fields are named as they were sent."""
    try:
        await provider.configure(settings)
    except InvalidInput as error:
        fields = [FieldError(field.field.rpartition(".")[2], field.message) for field in error.fields]
        raise InvalidInput("; ".join(f"{one.field}: {one.message}" for one in fields), fields=fields) from None


def _wrong(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field}: {message}", fields=[FieldError(field, message)])
