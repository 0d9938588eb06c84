"""The commands around the hub: sessions, plugins, doctor, models, contracts, help."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from atrium.app import export_contracts
from atrium.app.checks import examine
from atrium.app.cli.entry import COMMANDS, cli, run
from atrium.app.home import Home
from atrium.app.lock import HomeLock
from atrium.app.plugin_sources import package_sources
from atrium.testing.daemon import DaemonProcess
from tests.app.running import run_atrium


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output


def test_a_mistyped_command_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["statsu"]) == 2
    assert "Did you mean 'status'?" in capsys.readouterr().err


def test_errors_are_one_line_and_a_trace_on_demand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["status"]) == 4
    assert capsys.readouterr().err == "Error: Atrium is not running; start it with `atrium up`\n"
    monkeypatch.setenv("ATRIUM_TRACE", "1")
    assert run(["status"]) == 4
    assert "Traceback" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("atrium ")


async def test_sessions_are_listed_shown_and_deleted(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="Evil \u202etitle", tags=["work"])
        accepted = await client.sessions.send(session, "hi \x1b]0;owned\x07")
        async with client.following(session, after=accepted.offset) as entries:
            async for entry in entries:
                if entry.type == "sessions.turn.completed.v1":
                    break
    code, out, _ = await run_atrium("sessions", "list", "--tag", "work", home=daemon.home)
    assert code == 0
    assert session in out
    code, shown, _ = await run_atrium("sessions", "show", session, home=daemon.home)
    assert "hi \\x1b]0;owned\\x07" in shown
    assert "\x1b" not in out + shown
    assert "\u202e" not in out + shown
    code, out, _ = await run_atrium("sessions", "show", session, "--json", home=daemon.home)
    assert [one["role"] for one in json.loads(out)["messages"]] == ["user", "assistant"]
    code, out, _ = await run_atrium("sessions", "delete", session, "--yes", home=daemon.home)
    assert (code, out) == (0, "Deleted.\n")
    code, _, err = await run_atrium("sessions", "show", session, home=daemon.home)
    assert (code, err) == (1, "Error: there is no session with this id\n")
    code, out, _ = await run_atrium("sessions", "list", "--tag", "work", home=daemon.home)
    assert out == "No session fits.\n"
    code, out, _ = await run_atrium("sessions", "list", home=daemon.home)
    assert out == "There are no sessions. `atrium chat` begins one.\n"


async def test_the_beginning_of_an_id_is_enough_if_only_one_begins_so(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        one, two = [await client.sessions.create("echo", title=title) for title in ("first", "second")]
    common = one[: next(place for place in range(36) if one[place] != two[place])]
    assert len(common) >= 4
    code, _, err = await run_atrium("sessions", "show", common, home=daemon.home)
    assert code == 1
    assert err == f"Error: 2 sessions begin with {common}: {two}, {one}; give more of the id\n"
    code, out, _ = await run_atrium("sessions", "show", one[: len(common) + 1], home=daemon.home)
    assert (code, out.split()[0]) == (0, "first")
    code, out, err = await run_atrium("sessions", "delete", one[:-1].upper(), two, one, home=daemon.home, stdin="n\n")
    assert code == 1
    assert "Delete 2 sessions for good?" in out
    for short in ("", one[:3]):
        code, _, err = await run_atrium("sessions", "delete", short, "--yes", home=daemon.home)
        assert (code, err) == (1, f"Error: {short!r} is too short for an id: give 4 characters of it or more\n")
    code, _, err = await run_atrium("sessions", "show", one * 2, home=daemon.home)
    assert (code, err) == (1, f"Error: {one!r}... is too long for an id\n")
    code, out, _ = await run_atrium("chat", two[:-1], "-m", "hi", home=daemon.home)
    assert (code, out) == (0, "hi\n")
    code, out, _ = await run_atrium("sessions", "delete", one[:-1], two[:-1], "--yes", home=daemon.home)
    assert (code, out) == (0, "Deleted 2.\n")


async def test_status_and_open(daemon: DaemonProcess) -> None:
    code, out, _ = await run_atrium("status", home=daemon.home)
    assert code == 0
    assert f"runs at {daemon.url} (process {daemon.pid})" in out
    code, out, _ = await run_atrium("open", "--print", home=daemon.home)
    assert out.startswith(f"{daemon.url}/#code=")
    code, out, _ = await run_atrium("plugins", "list", home=daemon.home)
    assert "started" in out


def test_a_new_plugin_passes_its_test(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["plugins", "new", "reading-list", "--in", str(tmp_path)])
    assert result.exit_code == 0
    ran = subprocess.run(
        result.output.splitlines()[-1].removeprefix("Next: ") + " -q -p no:cacheprovider -W error",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout


async def test_a_new_plugin_runs_in_the_hub_when_it_is_dropped_in(tmp_path: Path, home: Path) -> None:
    from atrium.testing.daemon import running_daemon

    assert run(["plugins", "new", "notes", "--in", str(tmp_path)]) == 0
    place = Home(home)
    place.create()
    (place.plugins / "notes.py").write_bytes((tmp_path / "notes" / "notes.py").read_bytes())
    async with running_daemon(home) as daemon, daemon.attach() as client:
        seen = asyncio.Event()
        async with client.topic("notes", lambda snapshot: seen.set() if snapshot.data else None):
            await client.call("POST", "/notes", body={"textId": "a", "text": "hello"})
            await asyncio.wait_for(seen.wait(), 50)
        assert await client.call("GET", "/notes/a") == {"text": "hello"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Notes", "such as notes"),
        ("my plugin", "such as my-plugin"),
        ("../evil", "such as evil"),
        ("gateway", "ships with Atrium"),
        ("json", "would hide Python's own module"),
        ("class", "would hide Python's own module"),
        ("x" * 50, "at most 40 characters"),
        ("", "such as my-plugin"),
    ],
)
def test_names_that_cannot_be_a_plugins(name: str, why: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["plugins", "new", name, "--in", str(tmp_path)])
    assert why in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    result = CliRunner().invoke(cli, ["plugins", "new", "notes", "--in", str(tmp_path)])
    assert "exists already" in str(result.exception)


def test_packages_offer_plugins_by_entry_point(tmp_path: Path) -> None:
    for name, text in {
        "good": "[console_scripts]\nx = y:z\n[atrium.plugins]\nMixed = good.plugin:Mixed\n",
        "other": "[console_scripts]\nx = y:z\n",
        "broken": "[atrium.plugins]\n[atrium.plugins]\n",
    }.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "entry_points.txt").write_text(text)
    assert [source.name for source in package_sources([str(tmp_path), str(tmp_path / "nothing")])] == ["Mixed"]


def test_the_doctor_finds_nothing_wrong_with_a_good_home(home: Path) -> None:
    Home(home).create()
    Home(home).config.write_text('{"core": {"port": 0}}')
    result = CliRunner().invoke(cli, ["doctor", "--json"], standalone_mode=False)
    found = {one["check"]: one for one in json.loads(result.output)}
    assert result.return_value == 0
    assert {"python", "sqlite", "home", "disk", "settings", "plugins", "hub", "engine", "model"} <= set(found)
    assert all(one["next"] for one in found.values() if one["level"] != "ok")
    assert found["model"]["next"] == "atrium models pull smollm2-135m"


def test_the_doctor_says_where_no_home_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = [one for one in examine(Home(tmp_path / "file" / "home")) if one.check == "home"]
    (wrong,) = found
    assert (wrong.level, wrong.message) == (
        "fail",
        f"{tmp_path / 'file' / 'home'} cannot be created: {tmp_path / 'file'} is not a folder",
    )
    (future,) = [one for one in examine(Home(tmp_path / "a" / "home")) if one.check == "home"]
    assert future.level == "ok"


def test_the_doctor_says_what_is_wrong_and_what_to_do(home: Path) -> None:
    place = Home(home)
    place.create()
    place.root.chmod(0o755)
    (place.plugins / "broken.py").write_text("import nothing_of_this_name")
    with socket.create_server(("127.0.0.1", 0)) as taken, HomeLock(place.lock):
        port = taken.getsockname()[1]
        place.config.write_text(json.dumps({"core": {"port": port}}))
        held = CliRunner().invoke(cli, ["doctor"], standalone_mode=False)
        HomeLock(place.lock)
        assert "runs as process" in held.output
    with socket.create_server(("127.0.0.1", port)):
        result = CliRunner().invoke(cli, ["doctor"], standalone_mode=False)
    assert result.return_value == 1
    assert f"-> chmod 700 {home}" in result.output
    assert "broken cannot be loaded: ModuleNotFoundError" in result.output
    assert f"127.0.0.1:{port} cannot be had" in result.output


def test_models_are_listed_and_a_file_is_verified(home: Path, tmp_path: Path) -> None:
    listed = CliRunner().invoke(cli, ["models", "list", "--json"])
    assert [one["name"] for one in json.loads(listed.output) if one["default"]] == ["smollm2-135m"]
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"not a model")
    result = CliRunner().invoke(cli, ["models", "pull", "--from", str(wrong)])
    assert result.exit_code == 1
    assert not list((home / "models").glob("*.gguf"))


def test_the_contracts_are_as_exported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert export_contracts.main(["--check"]) == 0
    monkeypatch.chdir(tmp_path)
    assert export_contracts.main(["--check"]) == 1
    assert export_contracts.main([]) == 0
    stale = tmp_path / "contracts" / "events" / "gone.v1.schema.json"
    stale.write_text("{}")
    assert export_contracts.main(["--check"]) == 1
    assert export_contracts.main([]) == 0
    assert not stale.exists()
    assert export_contracts.main(["--check"]) == 0


def test_the_start_path_imports_no_heavy_module() -> None:
    heavy = ["numpy", "rich", "prompt_toolkit", "httpx", "openai", "pydantic_ai", "xllamacpp", "websockets.client"]
    code = (
        "import sys, atrium.app.cli.up, atrium.app.daemon, atrium.app.composition, atrium.plugins.gateway.serving\n"
        "import atrium.plugins.sessions.plugin, atrium.plugins.providers.plugin\n"
        "import atrium.adapters.providers.local, atrium.adapters.providers.model, atrium.adapters.storage.sqlite\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
