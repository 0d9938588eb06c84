"""Who calls: the local owner's token, a browser's login, or a WebSocket ticket."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from atrium.plugins.gateway.errors import CrossSiteRequest
from atrium.plugins.gateway.logins import BROWSER, Login, Logins
from atrium.plugins.gateway.one_time import OneTimeSecrets
from atrium.plugins.gateway.rate_limits import RateLimits
from atrium.plugins.gateway.settings import GatewayConfig
from atrium.sdk import Clock, Principal, SpaceStorage, Unauthenticated

LOCAL_USER = "local"
PRINCIPAL = "principal"
"""The key of the request's state under which the authenticated caller is found."""

HUB_URL = "hub_url"
"""The key of the request's state under which the hub's address stands, as the caller reaches it."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request brought to show who it is from. Header values as sent, None if absent."""

    authorization: str | None
    cookie: str | None
    origin: str | None
    fetch_site: str | None


class Identity:
    """Turns credentials into a principal, and hands out cookies, codes and tickets."""

    def __init__(
        self, storage: SpaceStorage, clock: Clock, new_id: Callable[[], str], config: GatewayConfig, port: int
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self.cookie_name = f"atrium-{port}"
        self._config = config
        self._new_id = new_id
        self.limits = RateLimits(clock, config)
        self.logins = Logins(storage, clock, config.login_expiry)
        self._codes: OneTimeSecrets[str] = OneTimeSecrets(clock, config.code_expiry, limit=16)
        self._tickets: OneTimeSecrets[Principal] = OneTimeSecrets(clock, config.ticket_expiry)

    async def authenticate(self, credentials: Credentials, method: str) -> Login:
        """Return who calls over HTTP; raises `Unauthenticated`, or `CrossSiteRequest` for a cookie used elsewhere."""
        if credentials.authorization is not None:
            return Login(self.bearer(credentials.authorization))
        cookie = _cookie(credentials.cookie, self.cookie_name)
        login = await self.logins.find(cookie) if cookie else None
        if login is None:
            raise Unauthenticated("send the token as `Authorization: Bearer`, or sign in with `atrium open`")
        same_site = credentials.origin is not None or credentials.fetch_site == "same-origin"
        if method not in SAFE_METHODS and not same_site:
            raise CrossSiteRequest("send Origin or Sec-Fetch-Site, as browsers do")
        return login

    def bearer(self, authorization: str) -> Principal:
        """Return the local owner if the header carries the token of this run."""
        scheme, _, token = authorization.partition(" ")
        given = token.strip().encode("utf-8", "surrogatepass")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, self.token.encode()):
            raise Unauthenticated("the token is not the one in run/token; `atrium restart` makes a new one")
        return Principal(user=LOCAL_USER, client="cli")

    def issue_code(self, user: str) -> str:
        """Return a one-time login code."""
        self.limits.code()
        return self._codes.issue(user)

    async def login(self, code: str) -> str:
        """Redeem a code and return the value of the `Set-Cookie` header."""
        user = self._codes.redeem(code)
        if user is None:
            raise Unauthenticated("the login code is unknown, used or too old; `atrium open` makes a new one")
        await self.logins.sweep()
        return self.set_cookie(await self.logins.create(self._new_id(), user))

    def set_cookie(self, value: str) -> str:
        """Return a `Set-Cookie` header; an empty value removes the cookie."""
        age = round(self._config.login_expiry) if value else 0
        return f"{self.cookie_name}={value}; Max-Age={age}; Path=/; HttpOnly; SameSite=Strict"

    async def is_signed_in(self, principal: Principal) -> bool:
        """Tell whether what a caller showed is still valid: the token is until the hub stops, a login may expire."""
        if not principal.client.startswith(BROWSER):
            return True
        return await self.logins.is_valid(principal.client.removeprefix(BROWSER))

    def issue_ticket(self, principal: Principal) -> str:
        """Return a ticket that opens one WebSocket in the caller's name."""
        return self._tickets.issue(principal)

    def socket_principal(self, authorization: str | None, ticket: str | None) -> Principal:
        """Return who opens a WebSocket. A long-lived token is never taken from the address."""
        if authorization is not None:
            return self.bearer(authorization)
        principal = self._tickets.redeem(ticket) if ticket else None
        if principal is None:
            raise Unauthenticated("open the socket with `Authorization: Bearer`, or with `?token=` and a fresh ticket")
        return principal


def _cookie(header: str | None, name: str) -> str | None:
    for part in (header or "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return None
