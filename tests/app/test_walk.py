"""What a stranger runs into: every command without a hub, with a false one, in a home that is not one, in a pipe."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from atrium.app.cli.entry import cli, run
from atrium.app.cli.lazy import LazyGroup
from atrium.app.home import Home
from atrium.testing.daemon import DaemonProcess, running_daemon
from tests.app.running import run_atrium
from tests.app.terminal import terminal

NEEDS_A_HUB = (["status"], ["open"], ["sessions", "list"], ["sessions", "show", "0192"], ["chat", "-m", "hi"])


def _commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    yield above
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, LazyGroup):
            yield from _commands(command, *above, name)
        else:
            yield (*above, name)


@pytest.mark.parametrize("command", list(_commands(cli)), ids=" ".join)
def test_help_fits_into_80_columns(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*command, "--help"], terminal_width=80).output
    assert [line for line in shown.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", NEEDS_A_HUB, ids=" ".join)
async def test_without_a_hub_it_says_how_to_start_one(command: list[str], home: Path) -> None:
    told = "Error: Atrium is not running; start it with `atrium up`\n"
    assert await run_atrium(*command, home=home) == (4, "", told)


@pytest.mark.parametrize("command", NEEDS_A_HUB, ids=" ".join)
async def test_another_program_on_the_port_is_told_from_a_hub(command: list[str], home: Path) -> None:
    async with _answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<p/>", home):
        code, _, err = await run_atrium(*command, home=home)
    assert code == 1
    assert err.startswith("Error: what answers at ")
    assert " is not Atrium" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", NEEDS_A_HUB, ids=" ".join)
async def test_a_hub_of_another_version_is_one_clear_line(command: list[str], home: Path) -> None:
    answer = json.dumps({"revision": "1", "data": [{"id": "x"}], "sessions": [], "providers": []}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode()
    async with _answering(head + answer, home):
        code, _, err = await run_atrium(*command, home=home)
    assert code == 1
    assert "the hub is of another version: " in err or "the hub answered 200" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", NEEDS_A_HUB, ids=" ".join)
async def test_a_wrong_token_is_told(command: list[str], daemon: DaemonProcess, home: Path) -> None:
    place = Home(home)
    place.create()
    place.address.write_text(f"{daemon.url}\n")
    (place.run / "token").write_text("wrong")
    code, _, err = await run_atrium(*command, home=home)
    assert (code, err) == (
        1,
        "Error: the token is not the one in run/token; `atrium restart` makes a new one\n",
    )


def test_a_home_that_is_a_file_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.write_text("")
    output = CliRunner().invoke(cli, ["doctor", "--json"], standalone_mode=False).output
    assert [one["message"] for one in json.loads(output) if one["check"] == "home"] == [f"{home} is not a folder"]
    assert run(["up"]) == 1
    assert f"cannot use {home} as the home" in capsys.readouterr().err


def test_output_that_cannot_be_written_is_one_line(home: Path) -> None:
    async def scenario() -> tuple[int, str]:
        with Path("/dev/full").open("w") as full:
            process = await asyncio.create_subprocess_shell(
                f"exec {sys.executable} -m atrium.app config show",
                stdout=full,
                stderr=asyncio.subprocess.PIPE,
            )
            _, err = await process.communicate()
            assert process.returncode is not None
            return process.returncode, err.decode()

    assert asyncio.run(scenario()) == (1, "Error: No space left on device\n")


async def test_logs_follow_until_the_reader_has_enough(home: Path) -> None:
    place = Home(home)
    place.create()
    place.log.write_text('{"timestamp": "2026-01-01T00:00:00Z", "level": "info", "event": "started"}\n')
    code, out, err = await _piped("logs -f | head -n 1", home)
    assert (code, err) == (0, "")
    assert "started" in out


async def test_deleting_goes_on_past_what_is_not_there(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        kept, first, second = [await client.sessions.create("echo") for _ in range(3)]
        code, out, err = await run_atrium("sessions", "delete", first, "nonsense", second, "--yes", home=daemon.home)
        assert (code, out, err) == (1, "Deleted 2.\n", "Error: nonsense: there is no session with this id\n")
        code, out, err = await run_atrium("sessions", "delete", kept, home=daemon.home)
        assert (code, err) == (1, "Nothing was deleted.\n")
        assert [one.id for one in (await client.sessions.list()).sessions] == [kept]


@pytest.mark.parametrize(("columns", "headings"), [(140, "PROVIDER  MESSAGES  TITLE"), (80, "UPDATED"), (60, "TITLE")])
async def test_sessions_fit_into_the_terminal(columns: int, headings: str, daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        session = await client.sessions.create("echo", title="What a lighthouse is for, and who keeps it")
    async with terminal("sessions", "list", home=daemon.home, columns=columns) as screen:
        await screen.until("keeps it")
        assert await asyncio.wait_for(screen.process.wait(), 50) == 0
    assert headings in screen.shown
    assert session in screen.shown
    assert max(map(len, screen.shown.split("\r\n"))) <= columns


async def test_open_without_a_desktop_prints_the_link(daemon: DaemonProcess) -> None:
    none = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"), "")
    code, out, err = await run_atrium("open", home=daemon.home, **none)
    assert code == 0
    assert out.startswith(f"{daemon.url}/#code=")
    assert err == "There is no browser here: open the link in one that reaches this machine.\n"


def test_in_the_background_the_hub_needs_its_gateway(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert run(["up", "--detach", "--plugins", "sessions,providers"]) == 1
    assert "in the background the hub is reached through its gateway: add it to --plugins" in capsys.readouterr().err
    assert not home.exists()


async def test_status_says_when_it_counts_only_the_latest_sessions(daemon: DaemonProcess) -> None:
    async with daemon.attach() as client:
        await client.sessions.create("echo")
        _, out, _ = await run_atrium("status", home=daemon.home)
        assert "\n1 session, 0 active; " in out
        for _ in range(100):
            await client.sessions.create("echo")
    _, out, _ = await run_atrium("status", home=daemon.home)
    assert "\nThe latest 100 sessions, 0 active; " in out


async def test_stopping_says_what_it_waits_for(home: Path) -> None:
    async with running_daemon(home) as daemon, daemon.attach() as client:
        session = await client.sessions.create("echo")
        async with client.following(session) as entries:
            await client.sessions.send(session, "/sleep 60")
            async for entry in entries:
                if entry.type == "sessions.turn.started.v1":
                    break
        command = f"{sys.executable} -m atrium.app down --home {home}"
        stopping = await asyncio.create_subprocess_shell(command, stderr=asyncio.subprocess.PIPE)
        assert stopping.stderr is not None
        told = await asyncio.wait_for(stopping.stderr.readline(), 50)
        assert told.startswith(b"Running turns get 30 seconds at most")
        assert await run_atrium("down", "--now", home=home) == (0, "Atrium has stopped.\n", "")
        assert await asyncio.wait_for(stopping.wait(), 50) == 0


async def _piped(command: str, home: Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m atrium.app {command}",
        env=os.environ | {"ATRIUM_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def _answering(answer: bytes, home: Path) -> AsyncIterator[None]:
    """Let something answer where the home says that its hub is."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    place = Home(home)
    place.create()
    place.address.write_text(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    (place.run / "token").write_text("token")
    async with server:
        yield
