"""Files that were cut, changed or overwritten: said so in words, kept aside, and never a hub that does not start."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from atrium.app import background
from atrium.app.checks import examine as doctor
from atrium.app.config import ConfigInvalid, ConfigProblem, load
from atrium.app.home import Home
from atrium.app.lock import HomeLock, holder
from atrium.app.options import Options
from atrium.app.sections import config_sections
from atrium.client.errors import NotRunning
from atrium.client.location import locate
from atrium.plugins.sessions.transcript_file import append, seal, set_aside


def torn(whole: bytes) -> Iterator[bytes]:
    """Yield a small file as a crash or a failing disk may leave it: cut, changed, zeroed and doubled at every byte."""
    for position in range(len(whole)):
        yield whole[:position]
        yield whole[:position] + bytes([whole[position] ^ 0x01]) + whole[position + 1 :]
        yield whole[:position] + bytes([whole[position] ^ 0x80]) + whole[position + 1 :]
        yield whole[:position] + b"\0" * (len(whole) - position)
        yield whole + whole[position:]
    yield whole + b"\0" * 4096


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


def test_torn_settings_are_valid_or_refused_in_words_that_name_the_file(home: Home) -> None:
    whole = b'{"version": "1", "core": {"port": 8123, "logLevel": "info"}, "sessions": {"maxConcurrent": 5}}\n'
    sections, refused = config_sections(home), 0
    for text in torn(whole):
        home.config.write_bytes(text)
        problems: tuple[ConfigProblem, ...] = ()
        try:
            load(home, sections, {})
        except ConfigInvalid as error:
            problems = error.problems
        refused += bool(problems)
        assert all(problem.message and problem.source for problem in problems), text
        assert home.config.read_bytes() == text
    assert refused > len(whole)


def test_a_torn_lock_file_locks_all_the_same(home: Home) -> None:
    for text in torn(b"12345\n"):
        home.lock.write_bytes(text)
        assert holder(home.lock) is None
        with HomeLock(home.lock):
            assert holder(home.lock) is not None
            assert home.lock.read_bytes().strip().isdigit()
            home.lock.write_bytes(text)
            assert holder(home.lock) is not None


def test_torn_options_are_those_that_were_written_or_none_at_all(home: Home) -> None:
    whole = json.dumps(asdict(Options("127.0.0.1", 8123, ("gateway", "sessions")))).encode()
    for text in torn(whole):
        home.options.write_bytes(text)
        found = background.last_options(home)
        assert isinstance(found.port, int | None), text
        assert isinstance(found.host, str | None), text
        assert found.plugins is None or all(isinstance(name, str) for name in found.plugins), text


@pytest.mark.parametrize("name", ["token", "address"])
def test_a_torn_run_file_names_no_hub_or_one_that_can_be_asked(home: Home, name: str) -> None:
    (home.run / "token").write_text("secret")
    (home.run / "address").write_text("http://127.0.0.1:8123")
    none = 0
    for text in torn((home.run / name).read_bytes()):
        (home.run / name).write_bytes(text)
        try:
            found = locate(home.root, None, None).find()
        except NotRunning:
            none += 1
        else:
            httpx.Request("GET", found.api, headers={"Authorization": f"Bearer {found.token}"})
    assert none > 0


def test_the_doctor_names_damaged_transcripts_and_copies_set_aside(home: Home) -> None:
    text, _ = seal([b'{"offset":"1"}', b'{"offset":"2"}'], 0)
    append(home.root / "sessions" / "good.jsonl", text)
    append(home.root / "sessions" / "torn.jsonl", text[:-4])
    append(home.root / "sessions" / "bad.jsonl", text.replace(b'"1"', b'"3"'))
    append(home.root / "sessions" / "kept.jsonl", text + text)
    copy = set_aside(home.root / "sessions" / "kept.jsonl")
    (home.root / "sessions" / "kept.jsonl").unlink()
    found = [one for one in doctor(home) if one.check == "sessions"]
    assert [one.level for one in found] == ["warn", "warn", "ok"]
    assert "bad.jsonl" in found[0].message
    assert str(copy) in found[1].message
    assert found[2].message.startswith("2 ")


def test_tearing_leaves_no_byte_out() -> None:
    found = set(torn(b"ab"))
    assert {b"", b"a", b"\0\0", b"a\0", b"abab", b"abb", b"`b", b"ac", b"\xe1b", b"a\xe2"} < found
