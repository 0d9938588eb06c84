"""What the hub tells, said in Russian."""

import copy
from typing import Any

import pytest

from atrium.client.russian import plural_form, problem_in_russian, said_in_russian
from atrium.plugins.gateway.problems import problem_reply
from atrium.sdk.errors import NotFound, ProviderNotInstalled
from atrium.sdk.phrases import Text, phrase, reworded, with_phrases


def said(text: str) -> str:
    """Return a text as a terminal in Russian says it, after it went to a client."""
    return said_in_russian(with_phrases({"reason": text}), "reason").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("count", "told"),
    [(1, "не передано 1 сообщение."), (3, "не переданы 3 сообщения."), (12, "не передано 12 сообщений.")],
)
def test_numbers_take_their_plural_form(count: int, told: str) -> None:
    text = phrase("model.beginning_left_out", "It was too long.", window=8192, count=count)
    assert said(text) == f"Разговор длиннее, чем модель может прочитать (8 192 токена): из начала {told}"


@pytest.mark.parametrize(("number", "form"), [(1, "one"), (21, "one"), (22, "few"), (11, "many"), (1.5, "other")])
def test_plural_forms_are_those_of_russian(number: float, form: str) -> None:
    assert plural_form(number) == form


def test_sizes_and_amounts_are_written_as_in_russian() -> None:
    room = phrase("requirement.room", "12 GB free", free=12_400_000_000, needed=277_400_000, place="/srv")
    assert said(room) == "в /srv свободно 12 ГБ, нужно 277 МБ"
    values: dict[str, Any] = {"unit": "cost", "period": "month", "provider": "*", "at": "2026-12-01T00:00:00.000Z"}
    spent = phrase("usage.budget_warning", "Much of it.", used=1234.5, limit=2000, **values)
    assert said(spent).startswith("Израсходовано 1 234,50 $ из бюджета 2 000,00 $ в месяц для всех провайдеров; ")


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        phrase("notes.too_long", "somebody's own"),
        phrase("requirement.room", "without its values"),
        phrase("usage.limit_low", "a time that is none", limit="x", provider="x", left=1, all=2, at="soon"),
    ],
)
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert said(text) == text


def test_a_text_keeps_its_phrase_where_it_is_copied_or_reworded() -> None:
    text = phrase("requirement.no_node", "Node is not on the PATH")
    told = reworded(copy.deepcopy(text), "Codex: Node is not on the PATH")
    assert isinstance(told, Text)
    assert with_phrases({"detail": told}) == {
        "detail": "Codex: Node is not on the PATH",
        "phrases": {"detail": {"code": "requirement.no_node", "params": {}}},
    }
    assert reworded("plain", "other") == "other"
    assert not isinstance(reworded("plain", "other"), Text)


def test_halves_of_characters_do_no_harm() -> None:
    text = phrase("model.failed", "it failed", address="x", said="cut \ud83d")
    assert said(text) == "сбой на x: cut \N{REPLACEMENT CHARACTER}"


def test_a_problem_is_said_with_its_detail() -> None:
    detail = phrase("echo.disabled", "set `providers.echo.enabled` to true")
    known = problem_reply(ProviderNotInstalled(detail), "trace", 0).body
    assert problem_in_russian(known) == "Провайдер не установлен: задайте `providers.echo.enabled` значение true"
    plain = problem_reply(NotFound("there is no session 1"), "trace", 0).body
    assert problem_in_russian(plain) == "Этого больше нет: «there is no session 1»"
    assert problem_in_russian({"code": "NOTE_TOO_LONG", "title": "It is too long", "detail": ""}) == "It is too long"
    assert problem_in_russian({}) == ""
