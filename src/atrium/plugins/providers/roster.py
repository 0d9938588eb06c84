"""The providers there are: configured one by one, a broken one harms nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from atrium.plugins.providers.circuit import Circuit
from atrium.plugins.providers.config import ProvidersConfig
from atrium.sdk import AtriumError, Clock, FieldError, InvalidInput
from atrium.sdk.phrases import phrase, with_phrases
from atrium.sdk.providers import Availability, Closeable, Provider

log = logging.getLogger(__name__)


class UnknownProvider(InvalidInput):
    """There is no such provider."""


@dataclass(slots=True)
class Member:
    """One provider, how it did lately, why it could not be configured (if so), and its sessions with their settings.

    `added` tells whether a person has added it, `key_refused` whether the key it has now was refused, and `state` is
    what was last told of it.
    """

    provider: Provider
    circuit: Circuit
    fault: str | None = None
    added: bool = False
    key_refused: bool = False
    sessions: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    state: Mapping[str, Any] | None = None

    @property
    def availability(self) -> Availability:
        """Return whether it can take a turn now."""
        return Availability("unavailable", self.fault) if self.fault else self.provider.availability

    @property
    def ready(self) -> bool:
        """Tell whether a turn that is sent to it now may be answered."""
        return self.availability.status == "active" and self.circuit.state != "open" and not self.circuit.is_limited

    def describe(self) -> dict[str, Any]:
        """Return it as `GET /providers` shows it."""
        info, available = self.provider.info, self.availability
        described: dict[str, Any] = {
            "id": info.id,
            "name": info.name,
            "version": info.version,
            "status": available.status,
            "capabilities": dict(info.capabilities),
            "limits": dict(info.limits),
            "circuit": self.circuit.describe(),
        }
        reason = {"reason": available.reason} if available.reason else {}
        return with_phrases(described | reason | ({"preparing": True} if available.preparing else {}))


@dataclass(frozen=True, slots=True)
class AddedProvider:
    """A provider that a person has added, with what stands for its section of the settings."""

    provider: Provider
    settings: Mapping[str, Any]


class Roster:
    """Finds providers by id."""

    def __init__(self) -> None:
        self._members: dict[str, Member] = {}

    async def follow(
        self, offered: Iterable[Provider], config: ProvidersConfig, clock: Clock, added: Iterable[AddedProvider] = ()
    ) -> None:
        """Be what is on offer now: configure what is new, let go of what is gone. The first one of an id stands.

        What the settings name stands before what people have added.
        """
        wanted: dict[str, Provider] = {}
        for provider in offered:
            if config.section(provider.info.id).get("enabled") is not False:
                wanted.setdefault(provider.info.id, provider)
        sections = {one.provider: one.settings for one in added if not config.section(one.provider.info.id)}
        for provider in sections:
            wanted.setdefault(provider.info.id, provider)
        for provider_id, member in list(self._members.items()):
            if wanted.get(provider_id) is not member.provider:
                del self._members[provider_id]
                await _close(member.provider)
        for provider_id, provider in wanted.items():
            if provider_id not in self._members:
                section = sections.get(provider)
                fault = await _configure(provider, config.section(provider_id) if section is None else section)
                circuit = Circuit(provider_id, clock)
                self._members[provider_id] = Member(provider, circuit, fault, added=section is not None)

    def all(self) -> list[Member]:
        """Return all of them, in order of arrival."""
        return list(self._members.values())

    def ids(self) -> list[str]:
        """Return their ids, in order of arrival."""
        return list(self._members)

    def get(self, provider_id: str) -> Member | None:
        """Return one, None if there is no such provider."""
        return self._members.get(provider_id)

    def find(self, provider_id: str) -> Member:
        """Return one, or raise `UnknownProvider`, which names the field `providerId` and the ids there are."""
        member = self._members.get(provider_id)
        if member is None:
            message = f"{provider_id!r} is not a provider; there is {', '.join(self._members) or 'none'}"
            raise UnknownProvider(message, fields=[FieldError("providerId", message)])
        return member

    async def close(self) -> None:
        """Release what the providers hold and forget them."""
        members, self._members = self.all(), {}
        for member in members:
            await _close(member.provider)


async def _configure(provider: Provider, section: Mapping[str, Any]) -> str | None:
    try:
        await provider.configure(section)
    except AtriumError as error:
        log.warning("provider %s could not be configured: %s", provider.info.id, error)
        return phrase("providers.settings_refused", str(error), problem=error.detail or error.title())
    except Exception as error:  # providers of others may fail in any way
        log.exception("provider %s could not be configured", provider.info.id)
        kind = type(error).__name__
        return phrase("providers.not_configured", f"it could not be configured: {kind}", error=kind)
    return None


async def _close(provider: Provider) -> None:
    if not isinstance(provider, Closeable):
        return
    try:
        await provider.close()
    except Exception:  # the others are still to be closed
        log.exception("provider %s could not be closed", provider.info.id)
