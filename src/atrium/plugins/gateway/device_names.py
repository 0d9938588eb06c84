"""What people call their browsers: stored beside the login, in memory for whoever asks who is there."""

from __future__ import annotations

from atrium.contracts.followers import Device
from atrium.plugins.gateway.device import LONGEST
from atrium.plugins.gateway.logins import BROWSER, LOGINS
from atrium.sdk import SpaceStorage
from atrium.sdk.inputs import invalid

NAMES = "device_names"
JOINER = "\u200d"
"""Holds the parts of an emoji together; it shows nothing by itself, and is no control character."""


class DeviceNames:
    """Keeps the name of each client that has one."""

    def __init__(self, storage: SpaceStorage) -> None:
        self._storage = storage
        self._names: dict[str, str] = {}

    async def open(self) -> None:
        """Read the names, and forget those whose login is gone."""
        logins = set(await self._storage.list_keys(collection=LOGINS))
        for login_id in await self._storage.list_keys(collection=NAMES):
            stored = await self._storage.get(login_id, collection=NAMES)
            if login_id not in logins:
                await self._storage.delete(login_id, collection=NAMES)
            elif stored is not None:
                self._names[f"{BROWSER}{login_id}"] = stored["name"]

    def named(self, device: Device, client: str) -> Device:
        """Return a client's device with the name that its owner gave it, if there is one."""
        name = self._names.get(client)
        return device.model_copy(update={"name": name}) if name else device

    async def set(self, client: str, name: str) -> str:
        """Give a browser a name and return it; "" takes it away. Raises `InvalidInput` for the field `name`."""
        checked = _checked(name)
        login_id = client.removeprefix(BROWSER)
        if checked:
            await self._storage.set(login_id, {"name": checked}, collection=NAMES)
            self._names[client] = checked
        else:
            await self.forget(client)
        return checked

    async def forget(self, client: str) -> None:
        """Let a browser have no name."""
        await self._storage.delete(client.removeprefix(BROWSER), collection=NAMES)
        self._names.pop(client, None)


def _checked(name: str) -> str:
    trimmed = name.strip()
    if len(trimmed) > LONGEST:
        raise invalid("name", f"give at most {LONGEST} characters")
    if not trimmed.replace(JOINER, "").isprintable():
        raise invalid("name", "give a single line without control characters")
    return trimmed
