"""How often somebody may ask. Who has signed in is counted by login, and who has not by address."""

from __future__ import annotations

import socket
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from atrium.plugins.gateway.settings import GatewayConfig
from atrium.sdk import Clock, Principal, TooManyRequests

BURST_SECONDS = 20.0
"""Who has been quiet may send at once what is allowed in so many seconds."""

MOST_KEYS = 10_000
"""Of more than so many the one that was quiet for longest is forgotten: it may then send as much as anybody new."""

ALL_ADDRESSES = 10
"""How many times the attempts of one address all addresses together have."""

IPV4_MAPPED = bytes(10) + b"\xff\xff"


class RateLimit:
    """`per_second` calls on the average and `burst` at once, for each key by itself.

    A token bucket for each key, kept as the time at which it is full again (the generic cell rate algorithm of
    ITU-T I.371), so that counting a call is one look-up.
    """

    def __init__(
        self, clock: Clock, per_second: float, burst: float, advice: str = "", most_keys: int = MOST_KEYS
    ) -> None:
        self._now = clock.monotonic
        self._interval = 1 / per_second
        # A hundredth of a call more: sums of fractions are not exact.
        self._depth = (max(burst, 1.0) + 0.01) / per_second
        self._advice = advice
        self._most_keys = most_keys
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._full_at)

    def spend(self, key: Hashable) -> None:
        """Count one call; raises `TooManyRequests` with the time to wait."""
        now = self._now()
        full_at = self._full_at.get(key, now)
        full_at = (full_at if full_at > now else now) + self._interval
        if full_at - now > self._depth:
            self._full_at.move_to_end(key)
            raise TooManyRequests(self._advice, retry_after=full_at - now - self._depth)
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._most_keys:
            self._full_at.popitem(last=False)


class RateLimits:
    """All limits of the gateway on how often. They are kept in memory: a restart fills every bucket."""

    def __init__(self, clock: Clock, config: GatewayConfig) -> None:
        requests, strangers, frames = config.requests_per_second, config.strangers_per_second, config.frames_per_second
        attempts = config.code_attempts_per_minute
        self._requests = RateLimit(
            clock, requests, requests * BURST_SECONDS, f"a login may send {requests:g} requests a second"
        )
        self._strangers = RateLimit(
            clock, strangers, strangers * BURST_SECONDS, f"an address may send {strangers:g} requests a second unknown"
        )
        self._frames = RateLimit(clock, frames, frames * BURST_SECONDS, f"a login may send {frames:g} frames a second")
        self._attempts = RateLimit(
            clock, attempts / 60, attempts, f"an address may try {attempts} login codes a minute"
        )
        everybody = attempts * ALL_ADDRESSES
        self._all_attempts = RateLimit(
            clock, everybody / 60, everybody, f"all addresses together may try {everybody} login codes a minute"
        )
        self._codes = RateLimit(clock, attempts / 60, attempts, f"{attempts} login codes a minute are given out")

    def request(self, caller: Principal) -> None:
        """Count a request of somebody who has signed in."""
        self._requests.spend((caller.user, caller.client))

    def stranger(self, client: Any) -> None:
        """Count a request of somebody who has not; `client` is the address as in ASGI's scope."""
        self._strangers.spend(origin(client))

    def frame(self, caller: Principal) -> None:
        """Count a frame on any socket of a login."""
        self._frames.spend((caller.user, caller.client))

    def attempt(self, client: Any) -> None:
        """Count a login code that is tried."""
        self._attempts.spend(origin(client))
        self._all_attempts.spend(None)

    def code(self) -> None:
        """Count a login code that is asked for."""
        self._codes.spend(None)


def origin(client: Any) -> Hashable:
    """Return what counts as one address: for IPv6 the network of 64 bits, all of which one customer has."""
    address = client[0] if client else ""
    if ":" not in address:
        return address
    try:
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except OSError:
        return address
    return packed if packed.startswith(IPV4_MAPPED) else packed[:8]
