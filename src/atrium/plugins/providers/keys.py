"""The keys of providers: set, replaced and removed over services and HTTP, kept by the secret store, never shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import SecretStr

from atrium.contracts.secrets import SecretChanged
from atrium.plugins.providers.choosing import describe_choices
from atrium.plugins.providers.programs import Programs
from atrium.plugins.providers.roster import Member
from atrium.plugins.providers.states import States
from atrium.sdk import FieldError, InvalidInput, NotFound, Principal, ProviderError, route, service, subscribe
from atrium.sdk.errors import SET_KEY, ProviderAuthFailed, ProviderKeyMissing
from atrium.sdk.providers import Key, Keyed


class NoKeyKept(NotFound):
    """The hub keeps no key of this provider."""


class Keys(Programs):
    """The part of the providers plugin that knows their keys; it is not a plugin by itself."""

    _states: States | None = None

    @route("PUT", "/providers/{provider_id}/key")
    @service("providers.set_key")
    async def set_key(self, caller: Principal, provider_id: str, key: SecretStr) -> dict[str, Any]:
        """Set the key of a provider, or replace it, from its next turn on; returns the provider, without the key.

        The secret store keeps it under the name that `key.secret` of the provider says.
        """
        member = self._roster.find(provider_id)
        await self.keep_key(caller, member, key)
        return describe(member)

    @route("DELETE", "/providers/{provider_id}/key", status=204)
    @service("providers.remove_key")
    async def remove_key(self, caller: Principal, provider_id: str) -> None:
        """Remove the key that the hub keeps for a provider; one in the settings or a variable stays."""
        member = self._roster.find(provider_id)
        if _key_taken_by(member).found != "store":
            raise NoKeyKept(provider_id)
        await self.drop_key(caller, member)

    @subscribe("secrets.secret.changed.v1")
    async def secret_changed(self, event: SecretChanged) -> None:
        """Trust a key anew that was replaced, and show what the change means for whoever uses it."""
        for member in self._roster.all():
            key = key_of(member)
            if key is not None and key.secret == event.name:
                member.key_refused = False
        self.tell_changed()

    async def keep_key(self, caller: Principal, member: Member, key: SecretStr) -> None:
        """Keep a provider's key; raises `InvalidInput` for the field `key` if it takes none, or not this one."""
        name = _key_taken_by(member).secret
        try:
            await self.services.call("secrets.set", caller, name, key)
        except InvalidInput as error:
            problems = [FieldError("key", field.message) for field in error.fields]
            raise InvalidInput("; ".join(f"key: {one.message}" for one in problems), fields=problems) from None
        member.key_refused = False
        self.tell_changed()

    async def drop_key(self, caller: Principal, member: Member) -> None:
        """Remove the key that the secret store has for a provider."""
        await self.services.call("secrets.remove", caller, _key_taken_by(member).secret)
        member.key_refused = False
        self.tell_changed()

    def tell_state(self, member: Member) -> None:
        """Have the screens told of a provider, if it is otherwise than it was; cheaper than to look at all of them."""
        state = describe_state(member)
        if state != member.state:
            member.state = state
            self.tell_changed()

    def tell_changed(self) -> None:
        """Have the screens told of what is otherwise now."""
        if self._states is not None:
            self._states.changed()


def key_of(member: Member) -> Key | None:
    """Return where a provider's key stands, None if it takes none."""
    return member.provider.key if isinstance(member.provider, Keyed) else None


def require_key(member: Member) -> None:
    """Raise `ProviderKeyMissing` unless a provider has the key that it needs."""
    key = key_of(member)
    if key is not None and key.needed and key.found is None:
        raise ProviderKeyMissing(member.availability.reason or "")


def note_key(member: Member, error: ProviderError) -> None:
    """Remember that a provider refused its key, and lead whoever reads the error to where it is set."""
    if isinstance(error, ProviderAuthFailed) and key_of(member) is not None:
        member.key_refused = True
        error.actions = (SET_KEY, *(action for action in error.actions if action.id != "configure_provider"))


def describe(member: Member) -> dict[str, Any]:
    """Return a provider as `GET /providers` shows it, with `key`: `{secret, needed, found, refused}`, if it takes one.

    `found` is `store`, `environment`, `settings`, or null where there is none. `added` tells that it is none of the
    settings, and can be removed.
    """
    key = key_of(member)
    shown = member.describe() | ({"added": True} if member.added else {})
    return shown if key is None else shown | {"key": {**asdict(key), "refused": member.key_refused}}


def describe_state(member: Member) -> dict[str, Any]:
    """Return what topic `providers/states` shows of a provider, beside what its sessions may choose.

    What there is of its circuit is in topic `providers/circuits`.
    """
    shown = describe(member) | describe_choices(member)
    del shown["circuit"]
    return shown


def _key_taken_by(member: Member) -> Key:
    key = key_of(member)
    if key is None:
        message = f"{member.provider.info.name} takes no key from here"
        raise InvalidInput(message, fields=[FieldError("key", message)])
    return key
