"""The judge must find what it is there to find: each promise broken once in a history that is otherwise whole."""

from collections.abc import Callable
from typing import Any

import pytest

from atrium.testing.history import (
    Fold,
    durable,
    follower_violations,
    history_violations,
    messages_violations,
    snapshot_violations,
)

Entry = dict[str, Any]
Change = Callable[[list[Entry]], object]


def entry(kind: str, **data: Any) -> Entry:
    return {
        "specversion": "1.0",
        "type": f"sessions.{kind}.v1",
        "source": "/sessions/s",
        "subject": "s",
        "time": "2026-01-01T00:00:00Z",
        "data": data,
    }


def chained(entries: list[Entry]) -> list[Entry]:
    """Number entries as the hub does."""
    previous = 0
    for offset, one in enumerate(entries, 100):
        one |= {"id": str(offset), "offset": str(offset), "prev": str(previous)}
        if not one["type"].endswith("delta.v1"):
            previous = offset
    return entries


def whole() -> list[Entry]:
    """Return a history in which everything happens."""
    asked = {"role": "user", "by": "local"}
    delta = {"turnId": "t1", "messageId": "a1", "role": "assistant"}
    return chained(
        [
            entry("message.added", turnId="t1", messageId="m1", content="hi", clientToken="k1", **asked),
            entry("turn.started", turnId="t1", messageId="m1"),
            entry("message.added", turnId="t2", messageId="m2", content="and", clientToken="k2", **asked),
            entry("message.added", turnId="t3", messageId="m3", content="no", **asked),
            entry("message.delta", index=0, content="one ", **delta),
            entry("message.delta", index=1, content="two", **delta),
            entry("tool.called", turnId="t1", toolCallId="c", name="weather", status="running"),
            entry("tool.finished", turnId="t1", toolCallId="c", name="weather", status="completed"),
            entry("message.completed", turnId="t1", messageId="a1", role="assistant", content="one two"),
            entry("turn.completed", turnId="t1"),
            entry("turn.cancelled", turnId="t3"),
            entry("turn.started", turnId="t2", messageId="m2"),
            entry("turn.interrupted", turnId="t2"),
            entry("turn.started", turnId="t4", messageId="m2"),
            entry("turn.failed", turnId="t4", problem={"title": "No"}),
            entry("session.renamed", title="T", by="local"),
            entry("session.tagged", tags=["x"], by="local"),
        ]
    )


def snapshot() -> Entry:
    return {
        "messageCount": 4,
        "queued": 0,
        "status": "active",
        "turn": None,
        "metadata": {"title": "T", "tags": ["x"]},
    }


def drop(index: int) -> Change:
    return lambda entries: entries.pop(index)


def data(place: int, /, **changed: Any) -> Change:
    return lambda entries: entries[place]["data"].update(changed)


def renumbered(change: Change) -> Change:
    """Change a history and chain it again, so that only the meaning is wrong."""

    def apply(entries: list[Entry]) -> None:
        change(entries)
        chained(entries)

    return apply


def swap(one: int, other: int) -> Change:
    def apply(entries: list[Entry]) -> None:
        entries[one], entries[other] = entries[other], entries[one]

    return apply


def test_a_whole_history_is_not_blamed() -> None:
    assert history_violations(whole()) == []
    assert history_violations(durable(whole())) == []
    assert history_violations([]) == []
    assert snapshot_violations(whole(), snapshot()) == []
    for start in range(len(whole())):
        after = int(whole()[start]["offset"])
        assert follower_violations(whole()[start + 1 :], whole(), after=after) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop(0), "gap"),
        (drop(3), "gap"),
        (drop(9), "gap"),
        (swap(2, 3), "comes after"),
        (lambda entries: entries.insert(3, dict(entries[2])), "twice"),
        (lambda entries: entries[5].update(offset="007"), "decimal"),
        (lambda entries: entries[5].update(offset=104), "gap|comes after"),
        (lambda entries: entries[5].pop("prev"), "lacks prev"),
        (lambda entries: entries[5].update(source="/sessions/other"), "another stream"),
        (lambda entries: entries[5].update(type="Renamed"), "no CloudEvent"),
        (renumbered(drop(9)), "runs|does not run"),
        (renumbered(drop(8)), "no answer"),
        (renumbered(drop(1)), "does not run"),
        (renumbered(drop(7)), "has no end"),
        (renumbered(drop(6)), "is not open"),
        (renumbered(swap(0, 1)), "not there|already"),
        (renumbered(lambda entries: entries.insert(10, entry("turn.completed", turnId="t1"))), "does not run"),
        (renumbered(lambda entries: entries.insert(13, entry("turn.started", turnId="t2", messageId="m2"))), "already"),
        (renumbered(lambda entries: entries[1]["data"].pop("messageId")), "lacks 'messageId'"),
        (renumbered(lambda entries: entries.insert(2, entry("turn.started", turnId="t9", messageId="m1"))), "runs"),
        (renumbered(data(11, turnId="t3")), "was before it|already"),
        (renumbered(data(2, clientToken="k1")), "was used already"),
        (renumbered(data(2, turnId="t1")), "there already"),
        (renumbered(data(3, messageId="m2")), "there already"),
        (renumbered(data(8, content="one three")), "pieces are"),
        (renumbered(data(8, content="one")), "pieces are"),
        (renumbered(data(5, index=0)), "comes after"),
        (renumbered(data(14, problem=None)), "does not say why"),
        (renumbered(lambda entries: entries.insert(1, entry("session.deleted", by="x"))), "after the deletion"),
        (renumbered(lambda entries: entries.insert(2, entry("session.stopped", by="x"))), "was stopped"),
    ],
)
def test_every_broken_promise_is_found(change: Change, words: str) -> None:
    entries = whole()
    change(entries)
    found = "\n".join(history_violations(entries))
    assert any(word in found for word in words.split("|")), found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("messageCount", 3),
        ("queued", 1),
        ("status", "created"),
        ("turn", {"id": "t4", "status": "interrupted"}),
        ("metadata", {"title": "Other", "tags": ["x"]}),
        ("metadata", {"title": "T", "tags": []}),
    ],
)
def test_a_snapshot_that_differs_is_found(field: str, value: object) -> None:
    assert snapshot_violations(whole(), snapshot() | {field: value})


def test_messages_that_differ_are_found() -> None:
    listed = [
        {"id": one["data"]["messageId"], "role": one["data"]["role"], "content": one["data"]["content"]}
        for one in whole()
        if "content" in one["data"] and "index" not in one["data"]
    ]
    assert messages_violations(whole(), listed) == []
    assert messages_violations(whole(), listed[1:])
    assert messages_violations(whole(), [*listed, listed[0]])
    assert messages_violations(whole(), listed[::-1])


def test_a_follower_that_missed_something_is_found() -> None:
    assert follower_violations(whole()[:-1], whole())
    assert follower_violations([*whole()[:3], *whole()[4:]], whole())
    changed = whole()
    changed[0]["data"]["content"] = "other"
    assert follower_violations(changed, whole())


def test_hints_may_be_missed_but_not_made_up() -> None:
    missed = [one for one in whole() if one["data"].get("index") != 0]
    assert follower_violations(missed, whole()) == []
    made_up = whole()
    made_up[4]["data"]["content"] = "zero "
    assert follower_violations(made_up, whole())


def test_what_was_shown_just_before_a_crash_may_go_beyond_the_whole() -> None:
    cut = [*whole()[:5], entry("message.completed", turnId="t1", messageId="a1", role="assistant", content="on")]
    assert history_violations(chained([*cut, entry("turn.interrupted", turnId="t1")])) == []
    assert Fold().apply_all(cut).turns["t1"] == "running"
