"""Settings: what is accepted, what is migrated, and how exactly a mistake is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from atrium.app.cli.entry import cli
from atrium.app.config import VERSION, ConfigInvalid, Settings, effective, load, redacted
from atrium.app.config.environment import settings_in
from atrium.app.config.json_lines import find_keys
from atrium.app.home import Home
from atrium.app.sections import config_sections

SEED = {
    "version": "0.1.0",
    "core": {"port": 8081, "host": "127.0.0.1", "logLevel": "debug", "dataDir": "~/.codeai-hub"},
    "bridge": {"enabled": True, "https": False, "auth": {"type": "token", "tokenExpiry": 86400}},
    "providers": {"autoUpdate": True, "checkInterval": 3600},
    "sessions": {"maxConcurrent": 10, "coldStorageTimeout": 3600, "persistenceFormat": "jsonl"},
}


@pytest.fixture
def place(home: Path) -> Home:
    found = Home(home)
    found.create()
    return found


def write(place: Home, text: str | dict[str, Any]) -> None:
    place.config.write_text(text if isinstance(text, str) else json.dumps(text, indent=2))


def read(place: Home, **environment: str) -> Settings:
    return load(place, config_sections(place), environment)


def problems(place: Home, **environment: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        read(place, **environment)
    return [str(problem).replace(str(place.config), "config.json") for problem in caught.value.problems]


def test_without_a_file_the_defaults_apply(place: Home) -> None:
    settings = read(place)
    assert (settings.core.port, settings.core.host, settings.core.log_level) == (8080, "127.0.0.1", "info")
    shown = effective(settings, config_sections(place))
    assert shown["version"] == VERSION
    assert shown["bridge"]["https"] is False
    assert shown["bridge"]["auth"] == {"tokenExpiry": 900}
    assert (shown["providers"]["autoUpdate"], shown["providers"]["checkInterval"]) == (False, 3600)
    sessions = {"maxConcurrent": 50, "coldStorageTimeout": 3600, "persistenceFormat": "jsonl"}
    assert sessions.items() <= shown["sessions"].items()


def test_a_file_of_the_first_format_is_accepted_and_migrated(place: Home) -> None:
    write(place, SEED)
    settings = read(place)
    assert (settings.core.port, settings.core.log_level, settings.core.data_dir) == (8081, "debug", None)
    assert settings.section("bridge") == {"https": False, "auth": {"tokenExpiry": 900}}
    assert settings.section("sessions")["maxConcurrent"] == 10
    assert any("tokenExpiry 86400 was lowered to 900" in note for note in settings.notes)


def test_an_unknown_version_is_not_guessed_at(place: Home) -> None:
    write(place, {"version": "7.0.0"})
    assert "written by a newer one" in problems(place)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n  "core": {"port": 99999}\n}', "config.json:2: core.port: input should be less than or equal to 65535"),
        ('{"core":\n {"prot": 1}}', "config.json:2: core.prot: unknown key; did you mean 'port'?"),
        ('{"cor": {}}', "config.json:1: cor: unknown key; did you mean 'core'?"),
        ('{"core": 5}', "config.json:1: core: a section is an object, { ... }"),
        ('{"core": {"port": "x"}}', "config.json:1: core.port: input should be a valid integer"),
        ('{"bridge": {\n\n"auth": {"tokenExpiri": 1}}}', "config.json:3: bridge.auth.tokenExpiri: unknown key"),
        ('{"providers": {"local":\n{"contextSise": 1024}}}', "config.json:2: providers.local.contextSise: unknown key"),
        ('{"core": {"port": 1,\n "port": 2}}', "config.json:2: core.port: this key stands here twice"),
        ('{"core": {"port": 1,}}', "config.json:1: not valid JSON: "),
        ('{\n"core": {\n"port" 1}}', "config.json:3: not valid JSON: expecting ':' delimiter (column 8)"),
        ("[]", "config.json:1: the file holds one JSON object, { ... }"),
        ('{"core": {"port": NaN}}', "config.json: not valid JSON: NaN is no JSON value"),
        ('{"bridge": {"https": true}}', "let a reverse proxy do it"),
        ('{"providers": {"local":\n{"model": "gpt-9"}}}', "config.json:2: providers.local.model: one of smollm2-135m,"),
        ('{"providers": {"local":\n{"model": "gpt-9"}}}', "or the path of a .gguf file, not 'gpt-9'"),
        ('{"providers": {"model":\n{"baseUrl": "x"}}}', "baseUrl: an address like https://api.example.com/v1, not 'x'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_would_be_right(place: Home, text: str, expected: str) -> None:
    write(place, text)
    assert expected in problems(place)[0]


def test_all_mistakes_are_named_at_once(place: Home) -> None:
    write(place, {"core": {"port": -1, "logLevel": "loud"}, "sessions": {"maxConcurrent": 0}, "nothing": 1})
    found = problems(place)
    assert len(found) == 4
    assert {line.split(": ")[1] for line in found} == {
        "core.port",
        "core.logLevel",
        "sessions.maxConcurrent",
        "nothing",
    }


def test_the_environment_overrides_the_file_at_any_depth(place: Home) -> None:
    write(place, {"core": {"port": 1, "host": "127.0.0.1"}, "bridge": {"auth": {"tokenExpiry": 60}}})
    settings = read(
        place,
        ATRIUM_CORE__PORT="9000",
        ATRIUM_CORE__LOGLEVEL="debug",
        ATRIUM_BRIDGE__AUTH__TOKEN_EXPIRY="120",
        ATRIUM_PROVIDERS__ECHO__ENABLED="true",
        ATRIUM_PROVIDERS__MODEL__BASEURL="http://127.0.0.1:1/v1",
        ATRIUM_PROVIDERS__MODEL__APIKEY="12345",
        ATRIUM_BRIDGE__ALLOWEDHOSTS='["hub.local"]',
        ATRIUM_HOME="elsewhere",
        ATRIUM_TRACE="1",
        PATH="x",
    )
    assert (settings.core.port, settings.core.log_level) == (9000, "debug")
    assert settings.section("bridge") == {"auth": {"tokenExpiry": 120}, "allowedHosts": ["hub.local"]}
    model = {"baseUrl": "http://127.0.0.1:1/v1", "apiKey": "12345"}
    assert settings.section("providers") == {"echo": {"enabled": True}, "model": model}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ATRIUM_CORE__PROT", "1", "there is no setting 'PROT' here; did you mean ATRIUM_CORE__PORT?"),
        ("ATRIUM_NOTHING__X", "1", "ATRIUM_NOTHING__X: there is no setting 'NOTHING' here; there is "),
        ("ATRIUM_CORE__PORT", "many", "ATRIUM_CORE__PORT: core.port: input should be a valid integer"),
        ("ATRIUM_CORE__PORT__X", "1", "ATRIUM_CORE__PORT__X: there is no setting 'X' here"),
        ("ATRIUM_CORE__", "1", "ATRIUM_CORE__: there is no setting '' here"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_environment_names_the_variable(place: Home, name: str, value: str, expected: str) -> None:
    assert expected in problems(place, **{name: value})[0]


def test_only_variables_with_a_section_are_settings() -> None:
    assert settings_in({"ATRIUM_HOME": "a", "ATRIUM_CORE__PORT": "1", "OTHER__X": "2"}) == {"ATRIUM_CORE__PORT": "1"}


def test_a_dropped_in_plugin_has_a_section_of_its_own(place: Home) -> None:
    (place.plugins / "sized.py").write_text(
        "from atrium.sdk import Config, Manifest, Plugin\n\n\n"
        "class SizedConfig(Config):\n    size: int = 1\n\n\n"
        "class Sized(Plugin[SizedConfig]):\n    manifest = Manifest(name='sized')\n"
    )
    write(place, {"sized": {"size": 4}})
    assert read(place).section("sized") == {"size": 4}
    write(place, {"sized": {"sise": 4}})
    assert "sized.sise: unknown key; did you mean 'size'?" in problems(place)[0]


def test_a_secret_that_is_wrong_is_not_repeated(place: Home) -> None:
    write(place, {"providers": {"model": {"apiKey": 987654321}}})
    assert all("987654321" not in line for line in problems(place))


def test_secrets_are_not_shown() -> None:
    shown = redacted(
        {"model": {"apiKey": "s", "apiKeys": ["x"], "name": "n", "token": ""}, "list": [{"password": "p"}]}
    )
    hidden = {"apiKey": "********", "apiKeys": ["********"], "name": "n", "token": ""}
    assert shown == {"model": hidden, "list": [{"password": "********"}]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_every_key_of_any_json_is_found_on_its_line(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    found = find_keys(text)
    assert found.duplicates == []
    lines = text.split("\n")
    for path, line in found.lines.items():
        assert lines[line - 1].lstrip().startswith(json.dumps(path[-1], ensure_ascii=False))
    assert {path[0] for path in found.lines if len(path) == 1} == set(value)


def test_config_check_on_the_command_line(place: Home) -> None:
    runner = CliRunner()
    good = runner.invoke(cli, ["config", "check"], standalone_mode=False)
    assert (good.return_value, "The settings are valid" in good.output) == (0, True)
    write(place, {"core": {"prot": 1}})
    bad = runner.invoke(cli, ["config", "check"], standalone_mode=False)
    assert bad.return_value == 5
    assert bad.stderr == f"{place.config}:3: core.prot: unknown key; did you mean 'port'?\n"
    as_json = runner.invoke(cli, ["config", "check", "--json"], standalone_mode=False)
    assert json.loads(as_json.output)["problems"][0]["key"] == "core.prot"


def test_config_show_hides_secrets(place: Home) -> None:
    write(place, {"providers": {"model": {"apiKey": "sk-canary"}}})
    shown = CliRunner().invoke(cli, ["config", "show"])
    assert json.loads(shown.output)["providers"]["model"]["apiKey"]
    assert "sk-canary" not in shown.output


def test_a_number_is_no_secret_whatever_it_is_called(place: Home) -> None:
    assert redacted({"maxTokens": 512}) == {"maxTokens": 512}
    write(place, {"providers": {"local": {"maxTokens": "many"}}})
    assert "providers.local.maxTokens: input should be a valid integer" in problems(place)[0]
    assert problems(place)[0].endswith("not 'many'")
