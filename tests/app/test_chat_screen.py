"""What the chat writes for the entries of a session, without a hub."""

from __future__ import annotations

import io

from atrium.app.chat.screen import Screen, advice
from atrium.client import Entry


def _answer(offset: int, how: str, **data: object) -> Entry:
    return Entry(
        offset, 0, f"sessions.message.{how}.v1", {"messageId": "m", "turnId": "t", "role": "assistant", **data}
    )


def _shown(*entries: Entry) -> str:
    output = io.StringIO()
    screen = Screen(output, colour=False, render=None)
    for entry in entries:
        screen.show(entry)
    return output.getvalue()


def test_an_answer_grows_where_it_stands() -> None:
    pieces = [_answer(1 + index, "delta", index=index, content=text) for index, text in enumerate(("One ", "day"))]
    assert _shown(*pieces, _answer(9, "completed", content="One day, a ship")) == "One day, a ship\n"


def test_an_answer_of_which_a_crash_kept_less_than_was_shown_is_not_shown_again() -> None:
    pieces = [_answer(1 + index, "delta", index=index, content=text) for index, text in enumerate(("One ", "day"))]
    assert _shown(*pieces, _answer(9, "completed", content="One ")) == "One day\n"


def test_an_answer_that_began_otherwise_is_shown_as_a_whole() -> None:
    late = _answer(1, "delta", index=1, content="day")
    assert _shown(late, _answer(9, "completed", content="One day")) == "day\nOne day\n"


def _plan(offset: int, how: str, *steps: tuple[str, str]) -> Entry:
    arguments = {"entries": [{"content": words, "status": status} for words, status in steps]}
    data = {"toolCallId": "plan", "turnId": "t", "name": "plan", "status": "running", "arguments": arguments}
    return Entry(offset, 0, f"sessions.tool.{how}.v1", data)


def test_a_plan_is_lines_and_what_changes_of_it_too() -> None:
    first = _plan(1, "called", ("Read", "in_progress"), ("Write", "pending"))
    then = _plan(2, "updated", ("Read", "completed"), ("Write", "pending"))
    data = {"toolCallId": "plan", "turnId": "t", "name": "plan", "status": "completed"}
    shown = _shown(first, then, Entry(3, 0, "sessions.tool.finished.v1", data))
    assert shown == "Plan, 0 of 2 done\n[>] Read\n[ ] Write\nPlan, 1 of 2 done\n[x] Read\n"


def test_advice_names_what_helps_and_no_new_attempt_where_none_does() -> None:
    def told(*actions: str) -> str:
        return advice({"actions": [{"id": action, "label": ""} for action in actions]})

    other = "/provider NAME lets another provider answer it"
    assert told("switch_provider", "new_session") == f"/new begins another session, {other}"
    in_page = "the room Providers of the page (`atrium open`) sets its key"
    assert told("set_key", "switch_provider", "retry") == f"/retry runs it again, {other}, {in_page}"
