"""Who looks at what: the devices that follow a stream, in a topic beside it, and as a service to plugins."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from atrium.client import attach
from atrium.client.presence import host, user_agent
from atrium.contracts.followers import Device, FollowersChanged
from atrium.plugins.gateway.device import device_of
from atrium.plugins.gateway.device_names import DeviceNames
from atrium.sdk.context import PluginStorage
from atrium.testing.kernel import kernel_with
from tests.gateway.house import House, Socket
from tests.gateway.test_one_connection import FOLLOW, line_to

TOPIC = "notes/n1/presence"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36"


@pytest.fixture(autouse=True)
async def note(http: httpx.AsyncClient) -> None:
    await http.post("/notes", json={"noteId": "n1"})


async def present(http: httpx.AsyncClient) -> tuple[int, list[Any]]:
    """Return the topic's revision, and the devices that follow, by program."""
    answer = await http.get(f"/topics/{TOPIC}")
    assert answer.status_code == 200, answer.text
    snapshot = answer.json()
    return int(snapshot["revision"]), [one["device"]["program"] for one in snapshot["data"]["followers"]]


async def told(socket: Socket) -> int:
    """Wait for the topic's next invalidation."""
    frame = await socket.next("sync:invalidate")
    assert frame["payload"]["topic"] == TOPIC
    return int(frame["payload"]["revision"])


async def test_who_comes_and_goes_is_told(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket(user_agent_header=CHROME) as watcher:
        await watcher.ask("subscribe", {"topics": [TOPIC]})
        first, alone = await present(http)
        assert alone == []
        await watcher.ask("subscribe", {"streams": {"notes/n1": None}})
        second = await told(watcher)
        assert second > first
        assert await present(http) == (second, ["Chrome"])

        async with line_to(house) as line:
            line.send(house.head("GET", FOLLOW, f"User-Agent: {user_agent()}"))
            assert (await line.answer())[0] == 200
            third = await told(watcher)
            answer = (await http.get(f"/topics/{TOPIC}")).json()
        assert answer["revision"] == str(third)
        chrome, terminal = answer["data"]["followers"]
        assert chrome["device"] == {"program": "Chrome", "system": "Linux"}
        assert terminal["device"] == {"program": "Terminal", "system": host()}
        assert (terminal["user"], terminal["client"]) == ("local", "cli")
        assert chrome["since"] <= terminal["since"]

        fourth = await told(watcher)  # the line was cut
        assert await present(http) == (fourth, ["Chrome"])
        await watcher.ask("unsubscribe", {"streams": ["notes/n1"]})
        fifth = await told(watcher)
        assert await present(http) == (fifth, [])
        assert first < second < third < fourth < fifth


async def test_a_device_is_there_once_however_often_it_follows(house: House, http: httpx.AsyncClient) -> None:
    async with house.socket(user_agent_header="curl/8.0") as one:
        await one.ask("subscribe", {"streams": {"notes/n1": None}, "topics": [TOPIC]})
        revision = await told(one)
        async with house.socket(user_agent_header="curl/8.5") as other:
            await other.ask("subscribe", {"streams": {"notes/n1": None}})
            await other.ask("subscribe", {"streams": {"notes/n1": "0"}})  # the cursor moves
            assert await present(http) == (revision, ["curl"])
        assert await present(http) == (revision, ["curl"])


async def test_plugins_ask_who_follows_and_hear_of_changes(house: House) -> None:
    heard: asyncio.Queue[FollowersChanged] = asyncio.Queue()

    async def changed(event_type: str, event: FollowersChanged) -> None:
        await heard.put(event)

    house.runtime.event_bus.subscribe("gateway.followers.changed.v1", changed)
    async with house.socket(user_agent_header="curl/8.0") as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": None}})
        event = await asyncio.wait_for(heard.get(), 50)
        (follower,) = await house.runtime.service_registry.call("gateway.followers", event.space, event.stream)
        assert (event.space, event.stream, follower.device) == ("user/local", "notes/n1", Device(program="curl"))
    event = await asyncio.wait_for(heard.get(), 50)
    assert await house.runtime.service_registry.call("gateway.followers", event.space, event.stream) == ()


async def test_a_stream_that_is_not_there_has_no_presence(house: House, http: httpx.AsyncClient) -> None:
    assert (await http.get("/topics/notes/none/presence")).status_code == 404
    async with house.socket() as socket:
        refused = await socket.ask("subscribe", {"topics": ["notes/none/presence"]})
        assert refused["payload"]["errors"][0]["field"] == "topics.notes/none/presence"


async def test_people_see_only_who_follows_their_own(house: House, http: httpx.AsyncClient) -> None:
    code = house.gateway.serving.identity.issue_code("guest")
    origin = {"Origin": house.address}
    async with house.http(signed_in=False) as guest, house.socket() as socket:
        await socket.ask("subscribe", {"streams": {"notes/n1": None}})
        await guest.post("/auth/login", json={"code": code}, headers=origin)
        assert (await guest.get(f"/topics/{TOPIC}")).status_code == 404
        ticket = (await guest.post("/auth/ticket", headers=origin)).json()
        assert ticket["client"].startswith("browser:")


async def test_a_browser_is_called_as_its_owner_names_it(house: House, http: httpx.AsyncClient) -> None:
    origin = {"Origin": house.address}
    async with house.http(signed_in=False) as browser, house.socket() as watcher:
        code = house.gateway.serving.identity.issue_code("local")
        await browser.post("/auth/login", json={"code": code}, headers=origin)
        ticket = (await browser.post("/auth/ticket", headers=origin)).json()
        await watcher.ask("subscribe", {"topics": [TOPIC]})
        address = f"ws://127.0.0.1:{house.port}/api/v1/stream?token={ticket['ticket']}"
        async with connect(address, proxy=None, user_agent_header=CHROME) as tablet:
            await Socket(tablet).ask("subscribe", {"streams": {"notes/n1": None}})
            before = await told(watcher)
            named = await browser.put("/auth/device", json={"name": "  Kitchen tablet 👩\u200d🍳 "}, headers=origin)
            assert named.json() == {"name": "Kitchen tablet 👩\u200d🍳"}
            assert await told(watcher) > before
            wanted = {"program": "Chrome", "system": "Linux", **named.json()}
            (follower,) = (await http.get(f"/topics/{TOPIC}")).json()["data"]["followers"]
            assert (follower["client"], follower["device"]) == (ticket["client"], wanted)
            listed = {one["client"]: one["device"] for one in (await http.get("/connections")).json()["data"]}
            assert listed[ticket["client"]] == wanted
            assert "name" not in listed["cli"]

            for wrong in ("x" * 41, "two\nlines", "turned \u202e round"):
                refused = await browser.put("/auth/device", json={"name": wrong}, headers=origin)
                assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "name")
            assert (await http.put("/auth/device", json={"name": "mine"})).status_code == 422
            await browser.put("/auth/device", json={"name": " "}, headers=origin)
            (follower,) = (await http.get(f"/topics/{TOPIC}")).json()["data"]["followers"]
            assert follower["device"] == {"program": "Chrome", "system": "Linux"}


async def test_names_outlive_the_hub_and_not_the_login() -> None:
    async with kernel_with() as runtime:
        storage = PluginStorage(runtime.storage, "gateway").system
        await storage.set("kept", {"user": "local"}, collection="logins")
        names = DeviceNames(storage)
        await names.set("browser:kept", "Desk")
        await names.set("browser:gone", "Phone")

        again = DeviceNames(storage)
        await again.open()
        device = Device(program="Chrome")
        assert again.named(device, "browser:kept").name == "Desk"
        assert again.named(device, "browser:gone") == device
        assert await storage.list_keys(collection="device_names") == ["kept"]
        await again.forget("browser:kept")
        assert again.named(device, "browser:kept") == device


async def test_the_client_tells_of_other_devices_and_not_of_its_own(house: House) -> None:
    told: asyncio.Queue[tuple[Device, ...]] = asyncio.Queue()
    async with attach(url=house.address, token=house.gateway.token) as client:
        follower = client.connection.follow("notes/n1", None)
        await follower.started.wait()
        watching = asyncio.create_task(client.watch_devices("notes/n1", told.put_nowait))
        assert await asyncio.wait_for(told.get(), 50) == ()
        async with house.socket(user_agent_header=CHROME) as socket:
            await socket.ask("subscribe", {"streams": {"notes/n1": None}})
            while (devices := await asyncio.wait_for(told.get(), 50)) == ():
                continue
            assert devices == (Device(program="Chrome", system="Linux"),)
        assert await asyncio.wait_for(told.get(), 50) == ()
        watching.cancel()
        client.connection.unfollow(follower)
        await asyncio.wait_for(client.watch_devices("notes/none", told.put_nowait), 50)  # ends: there is no such stream


@pytest.mark.parametrize(
    ("user_agent", "program", "system"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1", "Safari", "iPhone"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120.0 Mobile Safari/537.36", "Chrome", "Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox", "macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge", "Windows"),
        ("Mozilla/5.0 (SMART-TV)", "Browser", None),
        ("atrium/1 (Terminal; desk)", "Terminal", "desk"),
        ("atrium/1 (Editor)", "Editor", None),
        ("atrium/1 (\u202e ; x)", "Client", "x"),
        ("python-httpx/0.28", "python-httpx", None),
        ("x" * 600, "x" * 40, None),
        ("<img src=x>", "Client", None),
        ("", "Client", None),
        (None, "Client", None),
    ],
)
def test_a_device_is_named_by_its_user_agent(user_agent: str | None, program: str, system: str | None) -> None:
    assert device_of(user_agent) == Device(program=program, system=system)
