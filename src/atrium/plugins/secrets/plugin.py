"""Secrets: keys and passwords by name, set and removed over services and HTTP, and never shown again."""

from __future__ import annotations

import logging
from typing import Any

from pydantic import SecretStr

from atrium.contracts.secrets import SecretChanged
from atrium.plugins.secrets.config import SecretsConfig
from atrium.sdk import Manifest, Plugin, Principal, Unavailable, route, service
from atrium.sdk.phrases import phrase
from atrium.sdk.secrets import SecretInfo, SecretStore, check_name, unknown

log = logging.getLogger(__name__)

STORE_POINT = "secrets.store"
"""The extension point at which the hub's `SecretStore` is offered."""


class Secrets(Plugin[SecretsConfig]):
    """Owns the `secrets.*` services. None of them returns a value: whoever uses one is given the store."""

    manifest = Manifest(
        name="secrets",
        version="1.0.0",
        description=phrase("plugins.secrets", "Keys and passwords by name, never shown again"),
        emits=(SecretChanged,),
    )

    @property
    def store(self) -> SecretStore:
        """Return the hub's store."""
        offered = self.context.extensions.at(STORE_POINT)
        if not offered:
            raise Unavailable("this hub has no secret store; start it with `atrium up`")
        store: SecretStore = offered[0].value
        return store

    @route("GET", "/secrets")
    @service("secrets.list")
    async def list(self, caller: Principal) -> dict[str, Any]:
        """List the secrets: `{place, data: [{name, changedAt}]}`, where `place` says where they are kept."""
        return {"place": self.store.place, "data": [_row(info) for info in await self.store.list()]}

    @route("GET", "/secrets/{name}")
    @service("secrets.show")
    async def show(self, caller: Principal, name: str) -> dict[str, Any]:
        """Return a secret's `{name, changedAt}`; its value is never returned."""
        for info in await self.store.list():
            if info.name == check_name(name):
                return _row(info)
        raise unknown(check_name(name))

    @route("PUT", "/secrets/{name}")
    @service("secrets.set")
    async def set(self, caller: Principal, name: str, value: SecretStr) -> dict[str, Any]:
        """Set a secret, or replace it; providers use it from their next turn on, agents from their next start."""
        info = await self.store.set(name, value)
        _note("secret set", caller, name)
        await self.events.publish(SecretChanged(name=name, is_set=True))
        return _row(info)

    @route("DELETE", "/secrets/{name}", status=204)
    @service("secrets.remove")
    async def remove(self, caller: Principal, name: str) -> None:
        """Remove a secret."""
        if not await self.store.remove(check_name(name)):
            raise unknown(name)
        _note("secret removed", caller, name)
        await self.events.publish(SecretChanged(name=name, is_set=False))


def _note(what: str, caller: Principal, name: str) -> None:
    """Tell the log who changed what."""
    log.info(what, extra={"named": name, "user": caller.user, "client": caller.client})


def _row(info: SecretInfo) -> dict[str, Any]:
    return {"name": info.name, "changedAt": info.changed_at}
