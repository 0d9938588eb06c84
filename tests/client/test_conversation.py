"""The fold: whatever arrives, in whatever part, ends as the same text."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from atrium.client import Conversation, Entry, Text


def make(offset: int, kind: str, **data: Any) -> Entry:
    return Entry(offset=offset, prev=0, type=f"sessions.{kind}.v1", data=data, time=f"t{offset}")


def delta(offset: int, index: int, content: str) -> Entry:
    return make(offset, "message.delta", messageId="a", turnId="t", index=index, role="assistant", content=content)


QUESTION = make(1, "message.added", messageId="q", turnId="t", role="user", content="hi", clientToken="c", by="local")


def test_a_turn_is_folded_from_question_to_end() -> None:
    conversation = Conversation().apply_all([QUESTION, make(2, "turn.started", turnId="t", providerId="echo")])
    assert [turn.id for turn in [conversation.busy] if turn] == ["t"]
    conversation.apply_all([delta(3, 0, "Hel"), delta(4, 1, "lo")])
    assert [(one.role, one.content, one.text.complete) for one in conversation.messages] == [
        ("user", "hi", True),
        ("assistant", "Hello", False),
    ]
    conversation.apply(make(5, "message.completed", messageId="a", turnId="t", role="assistant", content="Hello!"))
    conversation.apply(make(6, "turn.completed", turnId="t", durationMs=7))
    assert conversation.messages[1].content == "Hello!"
    assert conversation.turns["t"].status == "completed"
    assert [turn for turn in [conversation.busy] if turn] == []
    assert conversation.cursor == 6


def test_entries_at_or_before_the_cursor_change_nothing() -> None:
    conversation = Conversation().apply_all([QUESTION, delta(3, 0, "a"), delta(3, 0, "a"), delta(2, 1, "b")])
    assert conversation.messages[1].content == "a"


def test_deltas_after_the_whole_text_change_nothing() -> None:
    whole = make(3, "message.completed", messageId="a", turnId="t", role="assistant", content="all")
    assert Conversation().apply_all([whole, delta(4, 9, "late")]).messages[0].content == "all"


def test_types_of_a_newer_hub_are_passed_over() -> None:
    conversation = Conversation().apply_all([make(1, "session.painted", colour="red"), QUESTION])
    assert conversation.cursor == 1


def test_problems_tools_thinking_and_usage_stand_at_their_turn() -> None:
    conversation = Conversation().apply_all(
        [
            QUESTION,
            make(2, "thinking.delta", messageId="a", turnId="t", index=0, content="hm"),
            make(3, "thinking.completed", messageId="a", turnId="t", content="hm, yes"),
            make(4, "tool.called", toolCallId="x", turnId="t", name="read", arguments={"path": "a"}, status="running"),
            make(
                5,
                "tool.finished",
                toolCallId="x",
                turnId="t",
                name="read",
                output="ok",
                status="completed",
                durationMs=4,
            ),
            make(6, "usage.reported", turnId="t", inputTokens=1, outputTokens=2),
            make(7, "note.added", turnId="t", content="its beginning was left out"),
            make(8, "turn.failed", turnId="t", problem={"code": "PROVIDER_NETWORK", "detail": "gone"}),
        ]
    )
    turn = conversation.turns["t"]
    assert (turn.status, turn.thinking.content, turn.usage) == ("failed", "hm, yes", conversation.turns["t"].usage)
    assert turn.problem == {"code": "PROVIDER_NETWORK", "detail": "gone"}
    assert turn.notes == ["its beginning was left out"]
    tool = turn.tools["x"]
    assert (tool.status, tool.arguments, tool.output, tool.duration_ms) == ("completed", {"path": "a"}, "ok", 4)


def test_what_happens_to_the_session() -> None:
    conversation = Conversation().apply_all(
        [
            make(1, "session.renamed", title="Plans", by="local"),
            make(2, "session.tagged", tags=["a", "b"], by="local"),
            make(3, "session.stopped", by="local"),
            make(4, "session.deleted", by="local"),
        ]
    )
    assert (conversation.title, conversation.tags) == ("Plans", ("a", "b"))
    assert conversation.stopped
    assert conversation.deleted


@given(st.lists(st.text(max_size=3), max_size=12), st.randoms())
def test_pieces_in_any_order_with_repeats_give_the_text(pieces: list[str], random: Any) -> None:
    arrivals = list(enumerate(pieces)) * 2
    random.shuffle(arrivals)
    text = Text()
    for index, piece in arrivals:
        text.add(index, piece)
    assert text.content == "".join(pieces)


def test_a_text_whose_beginning_is_missing_shows_what_is_there() -> None:
    text = Text()
    text.add(5, "f")
    text.add(4, "e")
    assert text.content == "ef"
