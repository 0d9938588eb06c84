"""The embedded model is fetched, cancelled and removed over HTTP, as the programs of agents are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.adapters.models import DEFAULT_MODEL, ModelStore, PullRunning
from atrium.adapters.models.catalogue import Url
from atrium.adapters.providers.local import LocalProvider
from atrium.plugins.providers import Providers
from atrium.sdk.clock import SystemClock
from tests.gateway.house import house_with
from tests.models.sources import CONTENT, FileServer, entry, file_server


@asynccontextmanager
async def room(home: Path, server: FileServer, engine: str = "json") -> AsyncIterator[httpx.AsyncClient]:
    """Run a hub whose local model comes from a server of the test."""
    store = ModelStore(home, (entry(Url(server.address), name=DEFAULT_MODEL),))
    async with house_with(Providers) as house, house.http() as http:
        provider = LocalProvider(home, SystemClock(), store, engine)
        house.runtime.extensions.contribute("providers.provider", "test", provider)
        while not (await http.get("/providers")).json()["data"]:  # noqa: ASYNC110  # it is taken up soon
            await asyncio.sleep(0.01)
        yield http


async def shown(http: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await http.get("/providers/programs/local")).json())


async def ended(http: httpx.AsyncClient) -> dict[str, Any]:
    """Wait until the download is over and return how."""
    while (install := (await shown(http))["install"])["status"] == "running":  # noqa: ASYNC110  # it has a task of its own
        await asyncio.sleep(0.01)
    return dict(install)


async def provider_of(http: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await http.get("/providers")).json()["data"][0])


async def findings(http: httpx.AsyncClient) -> list[tuple[str, str, str]]:
    found = (await http.get("/providers/programs/local/doctor")).json()["data"]
    return [(one["check"], one["level"], one["next"]) for one in found]


async def test_the_model_is_fetched_and_removed(tmp_path: Path) -> None:
    with file_server() as server:
        async with room(tmp_path, server) as http:
            before = await shown(http)
            assert (before["kind"], before["version"], before["installed"]) == ("model", DEFAULT_MODEL, None)
            assert before["size"] == len(CONTENT)
            assert (await provider_of(http))["status"] == "notInstalled", (
                "what could be fetched is shown among the others"
            )
            missing = ("model", "fail", f"atrium models pull {DEFAULT_MODEL}")
            assert await findings(http) == [("engine", "ok", ""), missing]

            assert (await http.post("/providers/programs/local")).status_code == 202
            install = await ended(http)
            assert (install["status"], install["done"], install["total"]) == ("completed", len(CONTENT), len(CONTENT))
            assert (await provider_of(http))["status"] == "active"
            assert ((await shown(http))["installed"], (await shown(http))["current"]) == (DEFAULT_MODEL, True)
            assert await findings(http) == [("engine", "ok", ""), ("model", "ok", "")]

            assert (await http.delete("/providers/programs/local")).json() == {"removed": True}
            assert (await provider_of(http))["status"] == "notInstalled"
            assert not list((tmp_path / "models").glob("*.gguf"))


async def test_a_download_is_cancelled_and_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    with file_server() as server:
        server.cut_at, server.go_on = len(CONTENT) // 2, threading.Event()
        async with room(tmp_path, server) as http:
            await http.post("/providers/programs/local")
            while (await shown(http))["install"]["done"] == 0:  # noqa: ASYNC110  # progress is stored now and then
                await asyncio.sleep(0.01)
            with pytest.raises(PullRunning):
                ModelStore(tmp_path).remove(DEFAULT_MODEL)
            assert (await http.delete("/providers/programs/local/install")).status_code == 204
            assert (await ended(http))["status"] == "cancelled"
            server.cut_at = None
            server.go_on.set()
            await http.post("/providers/programs/local")
            assert (await ended(http))["status"] == "completed"
            assert server.asked[-1] is not None, "only the rest was asked for"


async def test_a_download_that_fails_says_why(tmp_path: Path) -> None:
    with file_server() as server:
        server.status = 404
        async with room(tmp_path, server, engine="no_such_engine") as http:
            assert await findings(http) == [("engine", "fail", "install atrium-hub[local]")]
            await http.post("/providers/programs/local")
            install = await ended(http)
            assert (install["status"], install["error"]["code"]) == ("failed", "DOWNLOAD_FAILED")


async def test_a_file_of_ones_own_is_no_program(tmp_path: Path) -> None:
    provider = LocalProvider(tmp_path, SystemClock())
    await provider.configure({"model": str(tmp_path / "mine.gguf")})
    assert provider.program is None
