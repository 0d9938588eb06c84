"""A hub for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway.house import House, house_with
from tests.gateway.unhurried import Unhurried, slow_down


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with house_with() as running:
        yield running


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.http() as client:
        yield client


@pytest.fixture
async def unhurried(house: House) -> Unhurried:
    return slow_down(house.gateway.serving.hub)
