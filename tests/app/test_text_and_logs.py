"""Text of others and secrets: neither gets through to a terminal or a log as it came."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from atrium.app import logs
from atrium.app.cli.entry import cli
from atrium.app.home import Home
from atrium.app.text import printable, shortened
from atrium.sdk.tracing import trace_id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("title\x07\x9b2J", "title\\x07\\x9b2J"),
        ("a\nb\tc", "a\\x0ab\\x09c"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2028line", "\\u2028line"),
        ("Привет, 世界 👋🏽", "Привет, 世界 👋🏽"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_is_printed_controls_anything(text: str) -> None:
    shown = printable(text, multiline=True)
    assert not any(ord(char) < 32 and char not in "\n\t" for char in shown)
    assert "\x7f" not in shown
    assert "\x9b" not in shown


def test_lines_are_shortened() -> None:
    assert shortened("a  b\nc", 10) == "a b c"
    assert shortened("abcdef", 4) == "abc…"


@pytest.fixture
def place(home: Path) -> Iterator[Home]:
    found = Home(home)
    found.create()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield found
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
        handler.close()
    for handler in before:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(False)


def lines(place: Home) -> list[dict[str, object]]:
    return [json.loads(line) for line in place.log.read_text().splitlines()]


def test_a_log_line_is_one_json_object_whatever_is_in_it(place: Home) -> None:
    logs.start(place, "info")
    trace_id.set("")
    logging.getLogger("atrium.x").info('forged\n{"level": "error"}\x1b[2J', extra={"title": "a\nb", "count": 3})
    (line,) = lines(place)
    assert line["event"] == 'forged\n{"level": "error"}\x1b[2J'
    assert (line["level"], line["logger"], line["title"], line["count"]) == ("info", "atrium.x", "a\nb", 3)
    assert "traceId" not in line
    assert "\x1b" not in place.log.read_text()
    assert place.log.stat().st_mode & 0o077 == 0


def test_secrets_stay_out_of_the_log(place: Home) -> None:
    logs.start(place, "debug")
    log = logging.getLogger("atrium.x")
    log.info("got Authorization: Bearer canary-1", extra={"token": "canary-2", "headers": {"Cookie": "canary-3"}})
    log.info(
        "GET /stream?token=canary-4 and #code=canary-5", extra={"note": "Bearer canary-6", "many": ["api_key=canary-7"]}
    )
    try:
        raise ValueError("password=canary-8")
    except ValueError:
        log.exception("failed")
    text = place.log.read_text()
    assert "canary" not in text
    assert "ValueError" in text


def test_counts_are_logged_whatever_they_are_called(place: Home) -> None:
    logs.start(place, "info")
    logging.getLogger("atrium.x").info("answered", extra={"outputTokens": 12})
    assert lines(place)[0]["outputTokens"] == 12


def test_a_log_that_cannot_be_written_is_one_line_on_standard_error(
    place: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    place.log.symlink_to("/dev/full")
    logs.start(place, "info")
    logging.getLogger("atrium.x").info("lost")
    assert capsys.readouterr().err == f"cannot log to {place.log}: [Errno 28] No space left on device\n"
    handler = logging.getLogger().handlers[-1]
    logging.getLogger().removeHandler(handler)
    with pytest.raises(OSError, match="No space left"):
        handler.close()


def test_the_trace_id_is_on_every_line(place: Home) -> None:
    logs.start(place, "info")
    reset = trace_id.set("abc")
    logging.getLogger("atrium.x").info("hello")
    trace_id.reset(reset)
    assert lines(place)[0]["traceId"] == "abc"


def test_a_terminal_gets_readable_harmless_lines(place: Home) -> None:
    terminal = io.StringIO()
    logs.start(place, "warning", terminal=terminal)
    log = logging.getLogger("atrium.x")
    log.info("not shown")
    try:
        raise OSError("disk \x1b[2J")
    except OSError:
        log.exception("write\x1b[31m failed", extra={"path": "x"})
    (line,) = terminal.getvalue().splitlines()
    assert "error   write\\x1b[31m failed path=x (OSError: disk \\x1b[2J)" in line


def test_old_logs_are_rotated_away(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 500)
    logs.start(place, "info")
    for number in range(60):
        logging.getLogger("atrium.x").info("line %d", number)
    assert len(list(place.logs.glob("atrium.log*"))) == logs.FILES_KEPT + 1


def test_the_log_is_shown_for_people_and_for_scripts(place: Home) -> None:
    logs.start(place, "info")
    logging.getLogger("atrium.x").warning("careful\x1b[2J", extra={"plugin": "notes"})
    with place.log.open("a") as file:
        file.write("not json\n")
    shown = CliRunner().invoke(cli, ["logs"]).output
    assert "warning careful\\x1b[2J plugin=notes\nnot json\n" in shown
    as_json = CliRunner().invoke(cli, ["logs", "--json", "-n", "2"]).output
    assert json.loads(as_json.splitlines()[0])["plugin"] == "notes"


def test_without_a_log_the_command_says_where_it_would_be(home: Path) -> None:
    result = CliRunner().invoke(cli, ["logs"])
    assert f"{home}/logs/atrium.log is written by `atrium up`" in result.stderr
