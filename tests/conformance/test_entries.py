"""The history of a session: its entries, their chain, cursors, and what the echo provider makes of messages."""

from __future__ import annotations

import datetime
import json

import pytest

from tests.conformance.hub import Api, Json, assert_problem, ends, lines, names

ENVELOPE = {"specversion", "id", "type", "source", "subject", "time", "data", "offset", "prev"}


def answer_of(entries: list[Json]) -> str:
    [content] = [entry["data"]["content"] for entry in entries if entry["type"] == "sessions.message.completed.v1"]
    return str(content)


def test_every_entry_names_the_durable_one_before_it(api: Api) -> None:
    session_id = api.session()
    turn_id = api.send(session_id, "/tokens 200")["turnId"]
    for seen in (api.follow(session_id, ends(turn_id)), api.entries(session_id)):
        before, last = "0", 0
        for entry in seen:
            assert set(entry) == ENVELOPE
            assert (entry["specversion"], entry["source"]) == ("1.0", f"/sessions/{session_id}")
            assert datetime.datetime.fromisoformat(entry["time"]).tzinfo is not None
            assert entry["prev"] == before
            assert int(entry["offset"]) > last
            last = int(entry["offset"])
            if not entry["type"].endswith(".delta.v1"):
                before = entry["offset"]


def test_cursors_are_exclusive_and_have_aliases(api: Api) -> None:
    session_id = api.session()
    api.follow(session_id, ends(api.send(session_id, "hello")["turnId"]))
    whole = api.entries(session_id)
    path, middle, head = f"/sessions/{session_id}/events", whole[1]["offset"], whole[-1]["offset"]
    assert api.entries(session_id, middle) == whole[2:]
    assert api.entries(session_id, head) == []
    aliased = api("GET", path, params={"last_event_id": middle})
    assert [json.loads(line) for line in aliased.content.split(b"\n") if line] == whole[2:]
    events = api("GET", path, headers={"Accept": "text/event-stream", "Last-Event-ID": middle})
    assert events.headers["content-type"].startswith("text/event-stream")
    ids = [line.removeprefix("id: ") for line in events.text.split("\n") if line.startswith("id: ")]
    assert ids == [entry["offset"] for entry in whole[2:]]
    for name in ("after", "last_event_id"):
        beyond = api("GET", path, params={name: str(int(head) + 1)})
        problem = assert_problem(beyond, 409)
        assert (problem["code"], problem["head"]) == ("CURSOR_RESET", head)
        for wrong in ("x", "-1", "1.5", "9" * 30, "0x1", "01"):
            assert_problem(api("GET", path, params={name: wrong}), 422, name)
    assert_problem(api("GET", path, params={"follow": "maybe"}), 422, "follow")


def test_a_follower_of_a_deleted_session_sees_that_and_the_end(api: Api) -> None:
    session_id = api.session()
    api.send(session_id, "hello")
    with api.client.stream("GET", f"/sessions/{session_id}/events", params={"follow": "true"}) as answer:
        followed = lines(answer)
        next(followed)
        assert api("DELETE", f"/sessions/{session_id}").status_code == 204
        rest = [json.loads(line) for line in followed if line]
    assert rest[-1]["type"] == "sessions.session.deleted.v1"


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("/tokens 3 and more", "tok-1 tok-2 tok-3 "),
        ("/big 10000", "x" * 10_000),
        ("hello  world\n again", "hello  world\n again"),
        ("  lead and tail \n", "  lead and tail \n"),
        ("/unknown 3", "/unknown 3"),
        ("lines\u2028and\u0085ends 🎉", "lines\u2028and\u0085ends 🎉"),
    ],
)
def test_echo_answers_by_the_script(api: Api, message: str, answer: str) -> None:
    seen = api.turn(message)
    assert answer_of(seen) == answer
    assert names(seen)[-1] == "turn.completed"


def test_echo_thinks_calls_tools_and_sleeps(api: Api) -> None:
    assert "thinking.completed" in names(api.turn("/think 3"))
    tool = [entry["data"] for entry in api.turn("/tool weather") if ".tool." in entry["type"]]
    assert [called["name"] for called in tool] == ["weather", "weather"]
    assert len({called["toolCallId"] for called in tool}) == 1
    assert names(api.turn("/sleep 0.01"))[-1] == "turn.completed"


@pytest.mark.parametrize("kind", ["rate_limit", "auth", "crash", "network"])
def test_echo_fails_as_asked(api: Api, kind: str) -> None:
    last = api.turn(f"/fail {kind}")[-1]
    assert last["type"] == "sessions.turn.failed.v1"
    assert (last["data"]["problem"]["code"] == "PROVIDER_RATE_LIMIT") == (kind == "rate_limit")


@pytest.mark.parametrize(
    "message",
    [
        "/tokens",
        "/tokens 0",
        "/tokens x",
        "/tokens 1.5",
        "/tokens ٣",
        "/sleep -1",
        "/sleep inf",
        "/fail",
        "/tool",
        "/think 0x",
        "/big 99999999999",
    ],
)
def test_echo_names_the_field_of_a_bad_argument(api: Api, message: str) -> None:
    last = api.turn(message)[-1]
    assert last["type"] == "sessions.turn.failed.v1"
    assert [wrong["field"] for wrong in last["data"]["problem"]["errors"]] == ["content"]


def test_a_cancelled_turn_ends_once_and_the_queue_goes_on(api: Api) -> None:
    session_id = api.session()
    cut = api.send(session_id, "/sleep 60")["turnId"]
    queued = api.send(session_id, "next")["turnId"]
    api.follow(session_id, lambda entry: entry["type"] == "sessions.turn.started.v1")
    busy = api("GET", f"/sessions/{session_id}").json()["data"]
    assert (busy["status"], busy["turn"], busy["queued"]) == ("active", {"id": cut, "status": "running"}, 1)
    assert api("POST", f"/sessions/{session_id}/cancel").status_code == 202
    seen = api.follow(session_id, ends(queued))
    found = [(entry["data"]["turnId"], entry["type"].split(".")[2]) for entry in seen if ".turn." in entry["type"]]
    assert found == [(cut, "started"), (cut, "cancelled"), (queued, "started"), (queued, "completed")]
