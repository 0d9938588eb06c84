"""What plugins do wrong costs them alone, and is told."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
import pytest

from atrium.contracts.base import Model
from atrium.sdk import Manifest, Plugin, PluginFailed, Principal, Reply, route
from tests.gateway.house import House, house_with, until
from tests.gateway.notes import Notes
from tests.gateway.test_one_connection import line_to


class Word(Model):
    """A word."""

    word: str


class Clumsy(Plugin):
    """Offers routes that cannot be served, beside some that can."""

    manifest = Manifest(name="clumsy")

    @route("GET", "/clumsy/unknown")
    async def unknown(self, caller: Principal, place: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821, UP037
        """Take what there is no type for."""

    @route("GET", "/notes")
    async def taken(self, caller: Principal, min_words: int = 0) -> str:
        """Offer what another plugin offers."""
        return "never"

    @route("GET", "/clumsy/either")
    async def either(self, caller: Principal, many: bool = False) -> list[Word] | Word | None:
        """Answer in one of two ways."""
        return Word(word="one")

    @route("GET", "/clumsy/long/{word}")
    async def long(self, caller: Principal, word: str) -> Reply:
        """Say more than was announced."""
        return Reply("a word too much", headers={"content-length": "3"})

    @route("GET", "/clumsy/endless/{word}")
    async def endless(self, caller: Principal, word: str) -> None:
        """Never answer."""
        await asyncio.Event().wait()


@pytest.fixture
async def house() -> Any:
    async with house_with(Notes, Clumsy, stop_timeout=0.05) as running:
        yield running


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, also while the hub of the test started."""
    return [record.message for record in caplog.get_records("setup")] + caplog.messages


async def test_a_route_that_cannot_be_served_takes_no_other_down(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [await http.get(path) for path in ("/clumsy/unknown", "/clumsy/either")]

    assert [answer.status_code for answer in answers] == [404, 200]
    assert "route is not served" in logged(caplog)


async def test_a_plugin_that_did_not_start_says_why_wherever_it_is_asked() -> None:
    class Broken(Plugin):
        """Cannot start."""

        manifest = Manifest(name="broken")
        works = False

        async def start(self) -> None:
            if not self.works:
                raise RuntimeError("the lamp is not plugged in")

        @route("GET", "/broken/{thing}")
        async def mend(self, caller: Principal, thing: str) -> str:
            """Answer."""
            return thing

    async with house_with(Notes) as house, house.http() as http:
        manager = house.runtime.plugin_manager
        broken = Broken(house.runtime)
        await manager.load_plugin(broken)

        async def asked(*, starts: bool) -> httpx.Response:
            broken.works = starts
            with contextlib.suppress(PluginFailed):
                await manager.start_plugin("broken")
            return await http.get("/broken/lamp")

        for answer in (await asked(starts=False), await asked(starts=True), await asked(starts=False)):
            if answer.status_code == 200:
                assert answer.json() == "lamp"
                await manager.stop_plugin("broken")
                continue
            assert (answer.status_code, answer.json()["code"]) == (503, "PLUGIN_FAILED")
            assert answer.json()["detail"] == "broken: RuntimeError: the lamp is not plugged in"
        assert (await http.get("/nothing")).status_code == 404


async def test_of_two_offers_of_one_route_the_first_counts(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await http.get("/notes", params={"minWords": 3})).json()["minWords"] == 3
    assert "route is offered twice" in logged(caplog)


@pytest.mark.parametrize(
    ("point", "options"),
    [
        ("gateway.route", {"method": "GET"}),
        ("gateway.route", {"method": "GET", "path": "/nobody"}),
        ("gateway.frame", {"type": None}),
        ("gateway.frame", {"type": "terse:nobody"}),
        ("gateway.push", {"event_type": "notes.note.changed.v1"}),
        ("gateway.feature", {}),
    ],
)
async def test_an_offer_that_does_not_say_enough_is_left_out(
    point: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Terse(Plugin):
        """Offers something, and something of which it does not say enough."""

        manifest = Manifest(name="terse")

        async def start(self) -> None:
            self.context.extensions.contribute(point, None, **options)

        @route("GET", "/terse")
        async def good(self) -> str:
            """Answer."""
            return "ok"

    async with house_with(Notes, Terse) as house, house.http() as http, house.socket() as socket:
        for _ in range(2):
            assert (await http.get("/terse")).json() == "ok"
            assert (await http.get("/features")).json() == {"data": []}
            assert (await socket.ask("notes:shout", {"text": "a"}))["payload"]["text"] == "A"
            house.runtime.plugin_manager.plugin("notes").context.extensions.contribute(point, None, **options)
    refused = [record.__dict__ for record in caplog.records if record.message == "offer is not served"]
    assert [(one["plugin"], one["point"]) for one in refused] == [("terse", point), ("notes", point)]


async def test_a_route_with_several_answers_is_described_by_its_model(http: httpx.AsyncClient) -> None:
    described = [(await http.get("/openapi.json")).json() for _ in range(2)]

    answer = described[0]["paths"]["/api/v1/clumsy/either"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Word")
    assert described[0] == described[1]


async def test_an_answer_that_fails_halfway_is_cut(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", "/api/v1/clumsy/long/x"))
        assert (await line.end()).endswith(b"\r\n\r\n")
    assert "request failed" in caplog.messages


async def test_a_request_that_does_not_end_is_cut_when_the_hub_stops(house: House) -> None:
    async with line_to(house) as line:
        line.send(house.head("GET", "/api/v1/clumsy/endless/x"))
        server = house.gateway.serving.server
        await until(lambda: server.server_state.tasks)
        await asyncio.wait_for(house.runtime.stop(), 10)
        assert await line.end() == b""
