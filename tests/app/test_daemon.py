"""The daemon from outside: one per home, signals, exit codes, what survives."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from atrium.app.cli.entry import cli
from atrium.app.errors import CommandFailed, HomeHeld
from atrium.app.home import Home
from atrium.app.lock import HomeLock, holder
from atrium.client import ConnectionState, Conversation, Entry
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.app.running import run_atrium

FINE = """
from atrium.sdk import Manifest, Plugin, Principal, route


class Fine(Plugin):
    manifest = Manifest(name="fine")

    @route("GET", "/fine")
    async def fine(self, caller: Principal) -> dict[str, bool]:
        return {"fine": True}
"""


@pytest.fixture
async def daemon(home: Path) -> AsyncIterator[DaemonProcess]:
    """A hub of the test's own, that it may end."""
    async with running_daemon(home) as found:
        yield found


async def test_it_lives_between_its_files(home: Path) -> None:
    async with running_daemon(home) as daemon:
        assert (home / "run" / "lock").read_text().strip() == str(daemon.pid)
        token = home / "run" / "token"
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "run" / "options.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        async with daemon.attach() as client:
            assert (await client.health())["status"] == "ok"
            assert (await client.status())["core"]["pid"] == daemon.pid
        assert await daemon.stop() == 0
    assert not token.exists()
    assert not (home / "run" / "address").exists()
    assert holder(home / "run" / "lock") is None


async def test_a_second_daemon_is_refused_with_a_clear_line(daemon: DaemonProcess, home: Path) -> None:
    code, out, err = await run_atrium("up", "--port", "0", home=home)
    assert code == 3
    assert out == ""
    assert err.count("\n") == 1
    assert f"in use by process {daemon.pid}" in err
    async with daemon.attach() as client:
        await client.health()


async def test_the_lock_of_a_killed_daemon_is_free(home: Path) -> None:
    async with running_daemon(home) as daemon:
        await daemon.kill()
        assert (home / "run" / "token").exists()
        await daemon.start()
        async with daemon.attach() as client:
            await client.health()


async def test_a_graceful_stop_tells_clients_lets_the_turn_end_and_exits_with_0(daemon: DaemonProcess) -> None:
    states: list[ConnectionState] = []
    async with daemon.attach() as client:
        client.connection.on_state(states.append)
        session = await client.sessions.create("echo")
        accepted = await client.sessions.send(session, "/sleep 1")
        async with client.following(session, after=accepted.offset) as entries:
            assert (await anext(entries)).type == "sessions.turn.started.v1"
            daemon.signal(signal.SIGTERM)
            found = [entry.type async for entry in _until_end(entries)]
        assert "sessions.turn.completed.v1" in found
        assert await daemon.wait() == 0
    assert ConnectionState.RESTARTING in states


async def test_a_second_signal_ends_it_at_once_and_nothing_is_lost(daemon: DaemonProcess, home: Path) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo")
        accepted = await client.sessions.send(session, "/sleep 30")
        async with client.following(session, after=accepted.offset) as entries:
            assert (await anext(entries)).type == "sessions.turn.started.v1"
            restarting = asyncio.Event()
            client.connection.on_state(lambda state: restarting.set())
            daemon.signal(signal.SIGTERM)
            await restarting.wait()
            daemon.signal(signal.SIGTERM)
            assert await daemon.wait() == 128 + signal.SIGTERM
            await daemon.start()
            found = [entry.type async for entry in _until_end(entries)]
        assert found[-1] == "sessions.turn.interrupted.v1"


async def test_a_killed_turn_is_interrupted_and_can_be_run_again(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo")
        await client.sessions.send(session, "/sleep 30")
        conversation = Conversation()
        async with client.following(session) as entries:
            await _fold_until(conversation, entries, "turn.started")
            await daemon.kill()
            await daemon.start()
            await _fold_until(conversation, entries, "turn.interrupted")
            await client.sessions.retry(session)
            await _fold_until(conversation, entries, "turn.started")
            await client.sessions.cancel(session)
            await _fold_until(conversation, entries, "turn.cancelled")
        assert [message.content for message in conversation.messages if message.role == "user"] == ["/sleep 30"]
        replayed = Conversation()
        async for entry in client.events(session):
            replayed.apply(entry)
        shown = [(one.id, one.content) for one in conversation.messages]
        assert [(one.id, one.content) for one in replayed.messages] == shown


async def _fold_until(conversation: Conversation, entries: AsyncIterator[Entry], kind: str) -> None:
    async for entry in entries:
        conversation.apply(entry)
        if entry.type == f"sessions.{kind}.v1":
            return


async def test_a_message_sent_while_the_hub_is_down_arrives_once(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo")
        await daemon.kill()
        sending = asyncio.create_task(client.sessions.send(session, "hello"))
        await daemon.start()
        accepted = await sending
        again = await client.sessions.send(session, "other")
        assert again.message_id != accepted.message_id
        contents = [one.content for one in (await client.sessions.messages(session)).messages if one.role == "user"]
        assert contents == ["hello", "other"]


async def test_a_taken_port_is_one_clear_line(daemon: DaemonProcess, tmp_path: Path) -> None:
    port = daemon.url.rsplit(":", 1)[1]
    code, _, err = await run_atrium("up", "--port", port, home=tmp_path / "other")
    assert code == 1
    assert err.startswith(f"Error: the gateway cannot listen on 127.0.0.1:{port}")
    assert holder(tmp_path / "other" / "run" / "lock") is None


async def test_wrong_settings_are_one_clear_line(home: Path) -> None:
    (home / "core").mkdir(parents=True)
    (home / "core" / "config.json").write_text('{\n  "core": {\n    "prot": 1\n  }\n}\n')
    code, _, err = await run_atrium("up", home=home)
    assert code == 5
    assert err == f"Error: {home}/core/config.json:3: core.prot: unknown key; did you mean 'port'?\n"


async def test_shutdown_over_http(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        await client.shutdown()
    assert await daemon.wait() == 0


async def test_a_broken_plugin_harms_nobody(home: Path) -> None:
    plugins = home / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "broken.py").write_text("import nothing_of_this_name\n")
    (plugins / "raises.py").write_text("raise SystemError('on purpose')\n")
    (plugins / "empty.py").write_text("x = 1\n")
    (plugins / "fine.py").write_text(FINE)
    async with running_daemon(home) as daemon, daemon.attach() as client:
        assert await client.call("GET", "/fine") == {"fine": True}
        found = {row["name"]: row for row in (await client.call("GET", "/plugins"))["data"]}
        assert found["fine"]["status"] == "started"
        assert found["broken"]["status"] == found["raises"]["status"] == found["empty"]["status"] == "failed"
        assert "nothing_of_this_name" in found["broken"]["reason"]
        assert "on purpose" in found["raises"]["reason"]
        assert "defines 0 Plugin classes" in found["empty"]["reason"]


async def test_selected_plugins_only(home: Path) -> None:
    async with running_daemon(home, "--plugins", "gateway") as daemon, daemon.attach() as client:
        assert [row["name"] for row in (await client.call("GET", "/plugins"))["data"]] == ["gateway"]
    code, _, err = await run_atrium("up", "--plugins", "gateway,nothing", home=home)
    assert code == 1
    assert err.startswith("Error: there is no plugin nothing; there is ")


def test_a_lock_is_refused_while_it_is_held_and_free_afterwards(tmp_path: Path) -> None:
    place = Home(tmp_path / "home")
    place.create()
    with HomeLock(place.lock):
        assert holder(place.lock) == os.getpid()
        with pytest.raises(HomeHeld, match=f"process {os.getpid()}"):
            HomeLock(place.lock).acquire()
    assert holder(place.lock) is None
    with HomeLock(place.lock):
        pass


def test_a_home_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandFailed, match="choose another with --home or ATRIUM_HOME"):
        Home(tmp_path / "file" / "home").create()


def test_a_home_is_closed_to_others(tmp_path: Path) -> None:
    place = Home(tmp_path / "home")
    place.root.mkdir(mode=0o755)
    place.create()
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (place.root, *place.root.iterdir())} == {0o700}


async def test_up_down_restart_in_the_background(home: Path) -> None:
    code, out, err = await run_atrium("up", "--detach", "--port", "0", home=home)
    assert (code, err) == (0, "")
    assert "#code=" in out
    first = holder(home / "run" / "lock")
    try:
        code, _, err = await run_atrium("up", "--detach", home=home)
        assert code == 3
        assert f"process {first}" in err
        address = (home / "run" / "address").read_text()
        code, out, err = await run_atrium("restart", home=home)
        assert (code, err) == (0, "")
        assert (home / "run" / "address").read_text() == address
        assert holder(home / "run" / "lock") != first
        code, out, _ = await run_atrium("status", "--json", home=home)
        assert code == 0
        assert json.loads(out)["running"] is True
    finally:
        code, out, _ = await run_atrium("down", home=home)
    assert (code, out) == (0, "Atrium has stopped.\n")
    code, _, err = await run_atrium("down", home=home)
    assert code == 4
    code, out, _ = await run_atrium("status", "--json", home=home)
    assert code == 4
    assert json.loads(out)["running"] is False


async def test_a_background_start_that_fails_says_why(daemon: DaemonProcess, tmp_path: Path) -> None:
    port = daemon.url.rsplit(":", 1)[1]
    code, _, err = await run_atrium("up", "--detach", "--port", port, home=tmp_path / "other")
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in err


def test_commands_that_need_a_hub_say_that_there_is_none() -> None:
    result = CliRunner().invoke(cli, ["sessions", "list"])
    assert "start it with `atrium up`" in str(result.exception)


async def _until_end(entries: AsyncIterator[Entry]) -> AsyncIterator[Entry]:
    async for entry in entries:
        yield entry
        if entry.type.startswith("sessions.turn.") and entry.type != "sessions.turn.started.v1":
            return


async def test_what_ends_the_hub_unexpectedly_is_reported(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "atrium.db").write_bytes(b"this is no database" * 300)
    code, _, err = await run_atrium("up", "--port", "0", home=home)
    assert code == 1
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    (report,) = (home / "logs").glob("crash-*.json")
    found = json.loads(report.read_text())
    assert {"timestamp", "version", "python", "error", "traceback"} <= set(found)
    assert report.stat().st_mode & 0o077 == 0
    assert (home / "data" / "atrium.db").read_bytes().startswith(b"this is no database")


async def test_a_crash_report_that_cannot_be_written_does_not_hide_the_crash(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "atrium.db").write_bytes(b"this is no database" * 300)
    _, _, usual = await run_atrium("up", "--port", "0", home=home)
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16)); from atrium.app.cli import main; main()"
    )
    # What collects coverage writes files as well, and would speak of it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", limited, "up", "--port", "0", "--home", str(home)),
        env=environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode == 1
    assert err.decode().splitlines()[-1] == usual.strip()
