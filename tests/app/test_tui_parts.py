"""The parts of the full-screen terminal that need no hub: words, rows, the order of a conversation."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest

from atrium.app.tui.items import reason_of
from atrium.app.tui.session_rows import days, found, title_of
from atrium.app.tui.themes import themes
from atrium.app.tui.timeline import Timeline
from atrium.app.tui.told import error_told, told
from atrium.app.tui.words import ENGLISH, RUSSIAN, counted, words_for
from atrium.client import Entry, NotRunning, ProblemError
from atrium.contracts.sessions import ForkOrigin, Session, SessionMetadata, TurnStatus, TurnSummary
from atrium.plugins.gateway.problems import problem_reply
from atrium.sdk.errors import ProviderNotInstalled
from atrium.sdk.phrases import phrase, with_phrases

NAMES = [field.name for field in fields(ENGLISH) if field.name != "rule"]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", NAMES)
def test_every_word_is_there_in_russian_with_the_same_names_in_it(name: str) -> None:
    english, russian = getattr(ENGLISH, name), getattr(RUSSIAN, name)
    assert english != russian
    assert _names(english) == _names(russian)
    assert russian.count("|") == (english.count("|") + 1 if "|" in english else 0)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("keys_")])
def test_the_line_of_keys_fits_into_80_columns(name: str) -> None:
    assert len(getattr(ENGLISH, name)) <= 78
    assert len(getattr(RUSSIAN, name)) <= 78


@pytest.mark.parametrize(
    ("count", "russian"),
    [
        (0, "сообщений ждут"),
        (1, "сообщение ждёт"),
        (2, "сообщения ждут"),
        (5, "сообщений ждут"),
        (11, "сообщений ждут"),
        (21, "сообщение ждёт"),
        (22, "сообщения ждут"),
        (112, "сообщений ждут"),
    ],
)
def test_plural_forms(count: int, russian: str) -> None:
    assert counted(RUSSIAN, RUSSIAN.waiting, count, next="x").startswith(f"{count} {russian}")
    assert counted(ENGLISH, ENGLISH.waiting, count, next="x").startswith(
        f"{count} message{' waits: x' if count == 1 else 's wait'}"
    )


def test_the_language_is_what_the_environment_names() -> None:
    assert words_for({"LANG": "ru_RU.UTF-8"}) is RUSSIAN
    assert words_for({"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}) is ENGLISH
    assert words_for({}) is ENGLISH


def test_what_the_hub_tells_is_told_in_the_language_of_the_terminal() -> None:
    off = phrase("echo.disabled", "set `providers.echo.enabled` to true")
    provider = with_phrases({"id": "echo", "reason": off})
    assert told(provider, "reason", ENGLISH) == off
    assert told(provider, "reason", RUSSIAN) == "задайте `providers.echo.enabled` значение true"
    problem = problem_reply(ProviderNotInstalled(off), "trace", 0).body
    assert reason_of(problem, ENGLISH) == off
    assert reason_of(problem, RUSSIAN) == "Провайдер не установлен: задайте `providers.echo.enabled` значение true"
    assert reason_of(None, RUSSIAN) == RUSSIAN.no_reason
    refused = ProblemError.from_wire(problem)
    assert error_told(refused, ENGLISH) == off
    assert error_told(refused, RUSSIAN).startswith("Провайдер не установлен: задайте ")
    assert error_told(NotRunning(), RUSSIAN).endswith(" не отвечает")
    assert error_told(NotRunning(), ENGLISH) == str(NotRunning())


def test_sessions_are_grouped_by_day_the_last_used_first() -> None:
    sessions = [
        _session("a", "2026-11-21T09:05:00Z", turn="running"),
        _session("b", "2026-11-20T10:00:00Z", queued=2),
        _session("c", "2026-03-02T10:00:00Z", status="stopped"),
        _session("d", "2025-03-02T10:00:00Z"),
        _session("e", "2026-11-21T11:00:00Z", turn="interrupted"),
    ]
    told = [
        (day.name, [(row.title, row.state, row.time) for row in day.rows])
        for day in days(found(sessions, ""), NOW, ENGLISH)
    ]
    assert told == [
        ("Today", [("e", "interrupted", "11:00"), ("a", "running", "09:05")]),
        ("Yesterday", [("b", "queued", "10:00")]),
        ("2 March", [("c", "stopped", "10:00")]),
        ("2 March 2025", [("d", "", "10:00")]),
    ]


def test_sessions_are_found_by_title_tag_and_provider() -> None:
    sessions = [_session("Apples", "2026-11-21T09:00:00Z", tags=("Fruit",)), _session("Pears", "2026-11-21T10:00:00Z")]
    assert [one.id for one in found(sessions, "fruit app")] == ["Apples"]
    assert [one.id for one in found(sessions, "ECHO")] == ["Pears", "Apples"]
    assert found(sessions, "plums") == []


def test_a_copy_is_called_one_in_the_readers_language() -> None:
    copy = _session("Talk", "2026-11-21T09:00:00Z").model_copy(update={"forked_from": ForkOrigin(session_id="s")})
    assert (title_of(copy, ENGLISH), title_of(copy, RUSSIAN)) == ("Talk (copy)", "Talk (копия)")


def test_a_conversation_is_in_the_order_in_which_it_happened() -> None:
    timeline = Timeline()
    message = {"messageId": "q", "turnId": "t", "content": "hi", "role": "user"}
    answer = {"messageId": "a", "turnId": "t", "index": 0, "content": "yo"}
    tool = {"toolCallId": "c", "turnId": "t", "name": "n", "status": "running"}
    entries: list[tuple[str, dict[str, Any]]] = [
        ("message.added", message),
        ("turn.started", {"turnId": "t", "messageId": "q"}),
        ("thinking.delta", {"turnId": "t", "messageId": "x", "index": 0, "content": "hm"}),
        ("tool.called", tool),
        ("message.delta", answer),
        ("tool.finished", tool | {"status": "completed"}),
        ("turn.cancelled", {"turnId": "t"}),
    ]
    for offset, (name, data) in enumerate(entries, 1):
        entry = Entry(offset, 0, f"sessions.{name}.v1", data)
        assert bool(timeline.apply(entry)) == (name != "message.added")
        assert timeline.apply(entry) == []
    assert [item.kind for item in timeline.items] == ["question", "thinking", "tool", "answer", "ending"]
    assert timeline.running is None
    assert timeline.repeatable is timeline.conversation.turns["t"]


def test_the_text_is_readable_in_every_theme() -> None:
    for theme in themes():
        least = 7.0 if theme.name == "contrast" else 4.5
        assert theme.background is not None
        for colour in (theme.foreground, theme.secondary, theme.accent, theme.warning, theme.error):
            assert colour is not None
            assert _contrast(colour, theme.background) >= least, (theme.name, colour)


def _names(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text)} - {None}


def _session(
    title: str,
    used: str,
    *,
    status: str = "active",
    turn: TurnStatus | None = None,
    queued: int = 0,
    tags: tuple[str, ...] = (),
) -> Session:
    return Session.model_validate(
        {
            "id": title,
            "provider_id": "echo",
            "status": status,
            "created_at": used,
            "updated_at": used,
            "message_count": 0,
            "metadata": SessionMetadata(title=title, tags=tags),
            "turn": None if turn is None else TurnSummary(id="t", status=turn),
            "queued": queued,
        }
    )


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
