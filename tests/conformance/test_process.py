"""The process and its files: starts, a stop in order, and a kill in the middle of an answer."""

from __future__ import annotations

import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.hub import Hub, ends, names


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Hub]:
    """A hub of the test's own, that it may end."""
    hub = Hub(tmp_path / "home")
    hub.start()
    yield hub
    hub.close()


def test_its_files_live_as_long_as_it_does(own: Hub) -> None:
    token, address = own.home / "run/token", own.home / "run/address"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_text() == token.read_text().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+\n?", address.read_text())
    with own.api() as api, own.socket() as socket:
        assert api("POST", "/core/shutdown", {"graceful": True}).status_code == 202
        assert socket.until(lambda frame: frame["type"] == "core:restarting")
    assert own.wait() == 0
    assert not token.exists()
    assert not address.exists()


def test_a_killed_turn_is_interrupted_and_the_queue_waits_behind_it(own: Hub) -> None:
    with own.api() as api:
        session_id = api.session()
        cut = api.send(session_id, "/sleep 60")["turnId"]
        queued = api.send(session_id, "next", clientToken="k")
        api.follow(session_id, lambda entry: entry["type"] == "sessions.turn.started.v1")
    token = own.bearer
    own.end(signal.SIGKILL)
    own.start()
    assert own.bearer != token
    with own.api() as api:
        found = api("GET", f"/sessions/{session_id}").json()["data"]
        assert (found["turn"], found["queued"]) == ({"id": cut, "status": "interrupted"}, 1)
        assert api.send(session_id, "next", clientToken="k") == queued
        assert api("POST", f"/sessions/{session_id}/retry").status_code == 202
        again = api.follow(session_id, lambda entry: names([entry]) == ["turn.started"] and _turn(entry) != cut)[-1]
        assert _turn(again) != queued["turnId"]
        assert api("POST", f"/sessions/{session_id}/cancel").status_code == 202
        seen = api.follow(session_id, ends(queued["turnId"]))
        turns = [(_turn(entry), names([entry])[0]) for entry in seen if ".turn." in entry["type"]]
        assert turns == [
            (cut, "turn.started"),
            (cut, "turn.interrupted"),
            (_turn(again), "turn.started"),
            (_turn(again), "turn.cancelled"),
            (queued["turnId"], "turn.started"),
            (queued["turnId"], "turn.completed"),
        ]
    assert own.end() == 0


def _turn(entry: dict[str, dict[str, str]]) -> str:
    return entry["data"]["turnId"]
