"""The small parts of the gateway at the edges of what they promise."""

from __future__ import annotations

import asyncio
import socket

import pytest

from atrium.contracts.problems import ProblemAction
from atrium.plugins.gateway.encoding import encode
from atrium.plugins.gateway.liveness import last_acknowledged
from atrium.plugins.gateway.logins import Logins
from atrium.plugins.gateway.one_time import OneTimeSecrets
from atrium.plugins.gateway.plugin import Gateway
from atrium.sdk import Unavailable
from atrium.sdk.context import PluginStorage
from atrium.testing.clock import ManualClock
from atrium.testing.kernel import kernel_with


def test_beyond_the_limit_the_oldest_secret_is_forgotten() -> None:
    secrets: OneTimeSecrets[int] = OneTimeSecrets(ManualClock(), 30, limit=2)
    first, second, third = (secrets.issue(number) for number in range(3))
    assert [secrets.redeem(secret) for secret in (first, second, third)] == [None, 1, 2]


class Peer(asyncio.Transport):
    """A transport over a given socket, or over none."""

    def __init__(self, peer: socket.socket | None) -> None:
        super().__init__({"socket": peer})


async def test_a_connection_without_tcp_tells_no_acknowledgement() -> None:
    loop = asyncio.get_running_loop()
    assert last_acknowledged(Peer(None), loop) == float("-inf")
    near, far = socket.socketpair()
    with near, far:
        assert last_acknowledged(Peer(near), loop) == float("-inf")


def test_models_and_sets_are_sent_as_json_and_other_things_refused() -> None:
    assert encode(ProblemAction(id="retry", label="Try again")) == b'{"id":"retry","label":"Try again"}'
    assert encode({"roles": frozenset({"b", "a"})}) == b'{"roles":["a","b"]}'
    with pytest.raises(TypeError, match="object"):
        encode(object())


async def test_a_gateway_that_does_not_run_says_so() -> None:
    gateway = Gateway()
    for _ in range(2):
        with pytest.raises(Unavailable, match="does not run"):
            await gateway.opened()
        with pytest.raises(Unavailable, match="does not run"):
            _ = gateway.address
    await gateway.drain()


async def test_expired_logins_are_swept_and_an_implausible_id_is_nobodys() -> None:
    clock = ManualClock()
    async with kernel_with(clock=clock) as runtime:
        storage = PluginStorage(runtime.storage, "gateway").system
        await storage.set("old", {"user": "local", "expiresAt": clock.now() - 1}, collection="logins")
        await storage.set("new", {"user": "local", "expiresAt": clock.now() + 1}, collection="logins")
        logins = Logins(storage, clock, 60)
        await logins.sweep()
        await logins.end("../new")
        assert await storage.list_keys(collection="logins") == ["new"]
