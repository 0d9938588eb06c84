"""Browser logins: a cookie for each, stored hashed, so that they outlive restarts of the hub."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from atrium.sdk import Clock, Principal, SpaceStorage

LOGINS = "logins"
BROWSER = "browser:"
"""How the name of a client begins that is a browser; its login's id follows."""
RENEW_AFTER = 0.03
"""The part of a login's life after which using it prolongs it: once a day, not with every request."""


@dataclass(frozen=True, slots=True)
class Login:
    """A signed-in browser; `cookie` is set when the browser should get it again with a later expiry."""

    principal: Principal
    cookie: str | None = None


class Logins:
    """Creates, finds, prolongs and ends browser logins. A cookie is `<login id>.<secret>`."""

    def __init__(self, storage: SpaceStorage, clock: Clock, seconds: float) -> None:
        self._storage = storage
        self._clock = clock
        self._seconds = seconds

    async def create(self, login_id: str, user: str) -> str:
        """Store a login and return its cookie."""
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        login = {"user": user, "hash": _hash(secret), "createdAt": now, "expiresAt": now + self._seconds}
        await self._storage.set(login_id, login, collection=LOGINS)
        return f"{login_id}.{secret}"

    async def find(self, cookie: str) -> Login | None:
        """Return the login a cookie belongs to, or None."""
        login_id, _, secret = cookie.partition(".")
        login = await self._storage.get(login_id, collection=LOGINS) if _plausible(login_id) else None
        if login is None or not hmac.compare_digest(login["hash"], _hash(secret)):
            return None
        left = login["expiresAt"] - self._clock.now()
        if left <= 0:
            return None
        principal = Principal(user=login["user"], client=f"{BROWSER}{login_id}")
        if left > self._seconds * (1 - RENEW_AFTER):
            return Login(principal)
        login["expiresAt"] = self._clock.now() + self._seconds
        await self._storage.set(login_id, login, collection=LOGINS)
        return Login(principal, cookie)

    async def is_valid(self, login_id: str) -> bool:
        """Tell whether a login is there and has not expired."""
        login = await self._storage.get(login_id, collection=LOGINS)
        return login is not None and login["expiresAt"] > self._clock.now()

    async def end(self, login_id: str) -> None:
        """Forget a login."""
        if _plausible(login_id):
            await self._storage.delete(login_id, collection=LOGINS)

    async def sweep(self) -> None:
        """Forget the logins that have expired."""
        for login_id in await self._storage.list_keys(collection=LOGINS):
            login = await self._storage.get(login_id, collection=LOGINS)
            if login is not None and login["expiresAt"] <= self._clock.now():
                await self.end(login_id)


def _plausible(login_id: str) -> bool:
    return 0 < len(login_id) <= 64 and login_id.replace("-", "").isalnum() and login_id.isascii()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
