"""Images as attachments, over the wire: uploaded, sent, shown everywhere, copied with a fork, swept when unused."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from atrium.sdk.errors import ImagesNotSupported
from tests.gateway.house import House, until
from tests.sessions.failing import StepClock
from tests.sessions.pictures import attached, gif, house_of_images, jpeg, png, session, upload, webp


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_of_images(tmp_path) as running:
        yield running


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.http() as client:
        yield client


async def send(http: httpx.AsyncClient, session_id: str, content: str, *images: dict[str, Any], **more: Any) -> Any:
    body = {"content": content, "attachments": [image["attachmentId"] for image in images], **more}
    return await http.post(f"/sessions/{session_id}/messages", json=body)


async def entries(http: httpx.AsyncClient, session_id: str, turns: int = 1) -> list[dict[str, Any]]:
    """Return a session's entries when so many of its turns have ended."""
    seen: list[dict[str, Any]] = []
    async with http.stream("GET", f"/sessions/{session_id}/events", params={"follow": "true"}) as answer:
        async for line in answer.aiter_lines():
            if line:
                seen.append(orjson.loads(line))
                turns -= seen[-1]["type"] in {"sessions.turn.completed.v1", "sessions.turn.failed.v1"}
            if not turns:
                return seen
    return seen


def answers(seen: list[dict[str, Any]]) -> list[str]:
    return [one["data"]["content"] for one in seen if one["type"] == "sessions.message.completed.v1"]


def notes(seen: list[dict[str, Any]]) -> list[str]:
    return [one["data"]["content"] for one in seen if one["type"] == "sessions.note.added.v1"]


@pytest.mark.parametrize(
    ("media_type", "content", "size"),
    [
        ("image/png", png(640, 480), (640, 480)),
        ("image/jpeg", jpeg(4000, 3000, b"\xff\xe2\xff\xff" + bytes(65533)), (4000, 3000)),
        ("image/gif", gif(5, 7), (5, 7)),
        ("image/webp", webp(1200, 800), (1200, 800)),
    ],
    ids=["png", "jpeg", "gif", "webp"],
)
async def test_an_image_is_known_by_its_bytes_and_its_size_by_its_header(
    http: httpx.AsyncClient, media_type: str, content: bytes, size: tuple[int, int]
) -> None:
    session_id = await session(http)
    answer = await upload(http, session_id, content, "Фото 1.x", headers={"Content-Type": media_type})
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "attachmentId": hashlib.sha256(content).hexdigest(),
        "name": "Фото 1.x",
        "mediaType": media_type,
        "sizeBytes": len(content),
        "width": size[0],
        "height": size[1],
    }
    shown = await http.get(f"/sessions/{session_id}/attachments/{answer.json()['attachmentId']}")
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, content, media_type)
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
    assert shown.headers["content-disposition"].startswith("inline; filename*=utf-8''%D0%A4")
    assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"


async def test_a_message_has_its_images_wherever_it_is_shown_and_the_provider_gets_them(
    house: House, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    session_id = await session(http)
    first, again = [await attached(http, session_id, png(), name) for name in ("a.png", "b.png")]
    other = await attached(http, session_id, png(colour=9), "c.png")
    assert again == first | {"name": "b.png"}
    folder = tmp_path / "sessions" / "attachments" / session_id
    assert {file.name for file in folder.iterdir()} == {again["attachmentId"], other["attachmentId"]}
    accepted = await send(http, session_id, "what is this?", again, other, again, clientToken="t")
    assert accepted.status_code == 202, accepted.text
    same = await send(http, session_id, "what is this?", again, other, clientToken="t")
    assert same.json() == accepted.json()
    fewer = await send(http, session_id, "what is this?", again, clientToken="t")
    assert (fewer.status_code, fewer.json()["errors"][0]["field"]) == (422, "clientToken")
    seen = await entries(http, session_id)
    assert seen[0]["data"]["attachments"] == [again, other]
    size = again["sizeBytes"]
    assert answers(seen) == [f"what is this?\n[image b.png 3x2, {size} bytes]\n[image c.png 3x2, {size} bytes]"]
    page = (await http.get(f"/sessions/{session_id}/messages")).json()["data"]
    whole = (await http.get(f"/sessions/{session_id}", params={"include": "messages"})).json()["data"]["messages"]
    assert [one["attachments"] for one in page] == [one["attachments"] for one in whole] == [[again, other], []]
    silent = await send(http, session_id, "", other)
    assert silent.status_code == 202, "images say enough"
    last = answers(await entries(http, session_id, 2))[-1]
    assert last.splitlines()[1:] == [
        f"[image c.png 3x2, {size} bytes]",
        f"[earlier image b.png 3x2, {size} bytes]",
        f"[earlier image c.png 3x2, {size} bytes]",
    ]


async def test_over_a_socket_a_message_may_have_images_too(house: House, http: httpx.AsyncClient) -> None:
    session_id = await session(http)
    image = await attached(http, session_id, png())
    async with house.socket() as socket:
        payload = {"content": "look", "attachments": [image["attachmentId"]]}
        answer = await socket.ask("session:message", payload, sessionId=session_id)
        assert answer["type"] == "ack", answer
    assert (await entries(http, session_id))[0]["data"]["attachments"] == [image]


async def test_a_fork_keeps_its_images_when_the_session_they_came_from_is_deleted(
    http: httpx.AsyncClient, tmp_path: Path
) -> None:
    session_id = await session(http)
    kept, added = await attached(http, session_id, png()), await attached(http, session_id, png(colour=1), "new.png")
    await send(http, session_id, "first", kept)
    await entries(http, session_id)
    second = (await send(http, session_id, "second", kept)).json()
    await entries(http, session_id, 2)
    body = {"before": second["offset"], "content": "changed", "attachments": [added["attachmentId"]]}
    forked = await http.post(f"/sessions/{session_id}/fork", json=body)
    assert forked.status_code == 201, forked.text
    fork = forked.json()["sessionId"]
    await entries(http, fork)
    assert (await http.delete(f"/sessions/{session_id}")).status_code == 204
    assert not (tmp_path / "sessions" / "attachments" / session_id).exists()
    page = (await http.get(f"/sessions/{fork}/messages")).json()["data"]
    assert [one["attachments"] for one in page if one["role"] == "user"] == [[kept], [added]]
    for image in (kept, added):
        assert (await http.get(f"/sessions/{fork}/attachments/{image['attachmentId']}")).status_code == 200
    assert "earlier image photo.png" in page[-1]["content"]


async def test_who_takes_no_images_is_not_sent_any(house: House, http: httpx.AsyncClient) -> None:
    taking = {one["id"]: one["capabilities"].get("images") for one in (await http.get("/providers")).json()["data"]}
    assert taking == {"echo": True, "plain": None, "seeing": True}
    await house.runtime.service_registry.call("providers.check_images", "echo")
    with pytest.raises(ImagesNotSupported):
        await house.runtime.service_registry.call("providers.check_images", "plain")
    session_id = await session(http, "plain")
    image = await attached(http, session_id, png())
    refused = await send(http, session_id, "look", image)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "IMAGES_NOT_SUPPORTED")
    assert "Plain takes no images" in problem["detail"]
    assert [(one["id"], one.get("providerId")) for one in problem["actions"]] == [
        ("switch_provider", "echo"),
        ("send_without_images", None),
    ]
    assert (await http.get(f"/sessions/{session_id}/messages")).json()["data"] == []
    assert (await send(http, session_id, "look", image, targetAgent="echo")).status_code == 202


async def test_another_provider_goes_on_by_itself_if_it_takes_images(http: httpx.AsyncClient) -> None:
    created = await http.post("/sessions", json={"providerId": "echo", "fallback": ["plain", "seeing"]})
    session_id = created.json()["sessionId"]
    await send(http, session_id, "/fail auth", await attached(http, session_id, png()))
    seen = await entries(http, session_id)
    changed = [one["data"] for one in seen if one["type"] == "sessions.provider.changed.v1"]
    assert [(one["before"], one["providerId"]) for one in changed] == [("echo", "seeing")]
    assert answers(seen) == ["I see"]


async def test_after_a_switch_to_one_that_takes_none_it_is_said_that_images_were_left_out(
    http: httpx.AsyncClient,
) -> None:
    session_id = await session(http)
    image = await attached(http, session_id, png())
    await send(http, session_id, "/fail crash", image)
    failed = (await entries(http, session_id))[-1]["data"]
    assert failed["problem"]["code"] == "PROVIDER_CRASHED"
    assert failed["problem"]["actions"][-1]["providerId"] == "seeing", "the other one takes no images"
    switched = await http.post(f"/sessions/{session_id}/provider", json={"providerId": "plain", "retry": True})
    assert switched.status_code == 200, switched.text
    problem = (await entries(http, session_id, 2))[-1]["data"]["problem"]
    assert problem["code"] == "IMAGES_NOT_SUPPORTED"
    assert [one["id"] for one in problem["actions"]] == ["switch_provider", "send_without_images"]
    without = await http.post(f"/sessions/{session_id}/retry", json={"withoutImages": True})
    assert without.status_code == 202, without.text
    assert answers(await entries(http, session_id, 3)) == ["plain answers"]
    await send(http, session_id, "and now?")
    await send(http, session_id, "and then?")
    seen = await entries(http, session_id, 5)
    assert notes(seen) == [], "it was asked without the image, which everybody knows"
    await http.post(f"/sessions/{session_id}/provider", json={"providerId": "echo"})
    await send(http, session_id, "you see it")
    assert "[earlier image photo.png" in answers(await entries(http, session_id, 6))[-1]
    await send(http, session_id, "another", await attached(http, session_id, png(colour=1)))
    await http.post(f"/sessions/{session_id}/provider", json={"providerId": "plain"})
    for content in ("what was it?", "still not?"):
        await send(http, session_id, content)
    seen = await entries(http, session_id, 9)
    assert notes(seen) == ["Plain takes no images: it was not given 2 images of this conversation, only their names."]


async def test_a_draft_keeps_its_images_from_being_swept_and_others_go_after_a_day(tmp_path: Path) -> None:
    clock = StepClock()
    async with house_of_images(tmp_path, clock=clock) as house, house.http() as http:
        session_id = await session(http)
        kept, sent, lost = [await attached(http, session_id, png(colour=one), f"{one}.png") for one in range(3)]
        draft = {"text": "", "attachments": [kept["attachmentId"]]}
        stored = await http.put(f"/sessions/{session_id}/draft", json=draft)
        assert stored.json()["data"]["attachments"] == [kept]
        assert (await http.get(f"/topics/sessions/drafts/{session_id}")).json()["data"]["attachments"] == [kept]
        await send(http, session_id, "look", sent)
        await entries(http, session_id)
        folder = tmp_path / "sessions" / "attachments" / session_id
        await clock.pass_(86_399)
        assert len(list(folder.iterdir())) == 3
        await clock.pass_(3_601)
        await until(lambda: {one.name for one in folder.iterdir()} == {kept["attachmentId"], sent["attachmentId"]})
        gone = await http.get(f"/sessions/{session_id}/attachments/{lost['attachmentId']}")
        assert gone.status_code == 404
        assert (await http.delete(f"/sessions/{session_id}/draft")).status_code == 204
        for _ in range(26):
            await clock.pass_(3_600)
        await until(lambda: {one.name for one in folder.iterdir()} == {sent["attachmentId"]})


async def test_what_was_arriving_when_the_hub_stopped_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "sessions" / "attachments" / "incoming" / "half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    async with house_of_images(tmp_path):
        assert not left.exists()
