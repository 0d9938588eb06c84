"""What a person reads is what will be done: whole, and with nothing hidden (THREATS S19)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrium.contracts.approvals import Act
from atrium.plugins.approvals.shown import shown_act, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[2K\x1b[1Gls", "\\e[2K\\e[1Gls", id="a terminal's line wiped"),
        pytest.param("a\u202egpj.exe", "a\\u{202e}gpj.exe", id="right to left"),
        pytest.param("rm\u00a0-rf", "rm\\u{a0}-rf", id="a space that is none"),
        pytest.param("pay\u200bpal", "pay\\u{200b}pal", id="no width"),
        pytest.param("one\ntwo\r\tthree", "one\\ntwo\\r\\tthree", id="lines"),
        pytest.param("\x00\x07\x9b\ue000", "\\u{0}\\u{7}\\u{9b}\\u{e000}", id="controls and private use"),
        pytest.param("naïve Ünïcode 日本", "naïve Ünïcode 日本", id="plain text of people"),
    ],
)
def test_what_is_hidden_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_a_command_is_one_line_of_what_can_be_seen(argv: list[str]) -> None:
    command = shown_act(Act(tool="command", argv=tuple(argv))).command
    assert command is not None
    assert visible(command) == command
    assert "\n" not in command


@given(st.text())
def test_hidden_characters_are_always_told(text: str) -> None:
    shown = shown_act(Act(tool="command", argv=("echo", text)))
    assert ("hidden_characters" in shown.warnings) == (visible(text) != text)
    assert ("not_ascii" in shown.warnings) == (not text.isascii())


def test_a_look_alike_is_told() -> None:
    cyrillic = "/home/\u0430lice"
    assert shown_act(Act(tool="write_file", paths=(cyrillic,))).warnings == ("not_ascii",)


def test_arguments_keep_their_lines_but_hide_nothing() -> None:
    shown = shown_act(Act(tool="write_file", arguments={"text": "a\n\tb\u202e", "n": [1, {"k\u200b": True}]}))
    assert shown.arguments == {"text": "a\n\tb\\u{202e}", "n": [1, {"k\\u{200b}": True}]}
    assert shown.warnings == ("hidden_characters", "not_ascii")


def test_a_backslash_is_no_tab() -> None:
    assert shown_act(Act(tool="write_file", arguments={"text": "C:\\temp\tb"})).arguments == {"text": "C:\\temp\tb"}


def test_values_of_the_environment_are_not_shown() -> None:
    shown = shown_act(Act(tool="command", argv=("x",), env={"TOKEN": "secret"}))
    assert shown.env == ("TOKEN",)
    assert "secret" not in shown.model_dump_json()
