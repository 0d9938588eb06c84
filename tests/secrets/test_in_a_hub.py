"""Secrets in a hub: set on the command line and over HTTP, used by providers and agents, and seen nowhere (S17)."""

from __future__ import annotations

import base64
import json
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from atrium.adapters.secrets import EncryptedFileStore, KeySource
from atrium.client import attach
from tests.app.running import run_atrium
from tests.app.terminal import terminal
from tests.faults.daemon import daemon_at
from tests.providers import scripted_agent
from tests.providers.endpoint import KEY, Endpoint, endpoint

NAME = "VENDOR_KEY"
WRONG = "sk-wrong-canary-51c7f0ae"
OF_THE_AGENT = "agent-canary-90b2d4c6"
CANARIES = (KEY, WRONG, OF_THE_AGENT)
ENVIRONMENT = {"ATRIUM_SECRETS__STORE": "file", "ATRIUM_CORE__LOG_LEVEL": "debug", "ATRIUM_TRACE": "1"}


@pytest.fixture
async def vendor() -> AsyncIterator[Endpoint]:
    async with endpoint() as state:
        yield state


@pytest.fixture
def home(tmp_path: Path, vendor: Endpoint) -> Path:
    """A home with a model and an agent whose keys are in the store, and an agent that has none."""
    model = {"kind": "model", "baseUrl": vendor.address, "model": "m", "apiKey": {"secret": NAME}}
    command = [sys.executable, scripted_agent.__file__]
    agent = {"kind": "acp", "command": command, "env": {"KEY": {"secret": "AGENT_KEY"}}}
    folder = tmp_path / "home"
    (folder / "core").mkdir(parents=True)
    bare = {"kind": "acp", "command": command}
    settings = {"providers": {"discover": False, "attempts": 1, "vendor": model, "agent": agent, "bare": bare}}
    (folder / "core" / "config.json").write_text(json.dumps(settings))
    return folder


async def atrium(home: Path, *arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    return await run_atrium(*arguments, home=home, stdin=stdin, **ENVIRONMENT)


async def availability(http: httpx.AsyncClient, provider: str) -> tuple[str, str]:
    [found] = [one for one in (await http.get("/providers")).json()["data"] if one["id"] == provider]
    return found["status"], found.get("reason", "")


async def turn(home: Path, provider: str, content: str) -> tuple[str, Any]:
    """Run a turn in a session of its own; return its text and the problem it ended with."""
    text = ""
    async with attach(str(home)) as client:
        session = await client.sessions.create(provider)
        await client.sessions.send(session, content)
        async with client.following(session) as entries:
            async for entry in entries:
                if entry.type == "sessions.message.completed.v1":
                    text = str(entry.data["content"])
                if entry.type in {"sessions.turn.completed.v1", "sessions.turn.failed.v1"}:
                    return text, entry.data.get("problem")
    raise AssertionError("the turn did not end")


@pytest.mark.slow
async def test_providers_and_agents_wait_for_their_secrets_and_use_them_from_then_on(home: Path) -> None:
    async with daemon_at(home, ENVIRONMENT) as hub, hub.http() as http:
        named = "names the secret VENDOR_KEY: set it with `atrium secrets set VENDOR_KEY`"
        assert await availability(http, "vendor") == ("unavailable", f"`providers.vendor.apiKey` {named}")
        assert (await turn(home, "vendor", "hi"))[1]["code"] == "PROVIDER_KEY_MISSING"

        code, out, err = await atrium(home, "secrets", "set", NAME, stdin=f"{WRONG}\n")
        assert (code, out, err) == (0, 'VENDOR_KEY is set; a setting has it as {"secret": "VENDOR_KEY"}.\n', "")
        assert await availability(http, "vendor") == ("active", "")
        assert (await turn(home, "vendor", "hi"))[1]["code"] == "PROVIDER_AUTH"
        answer = await http.put(f"/secrets/{NAME}", json={"value": KEY})
        assert (answer.status_code, answer.json()["name"]) == (200, NAME)
        assert await turn(home, "vendor", "hi") == ("Hello there.", None)

        listed = (await http.get("/secrets")).json()
        assert listed["data"] == [(await http.get(f"/secrets/{NAME}")).json()] == [answer.json()]
        assert listed["place"].startswith("the encrypted file ")
        assert (await http.delete(f"/secrets/{NAME}")).status_code == 204
        assert [(await http.request(method, f"/secrets/{NAME}")).status_code for method in ("GET", "DELETE")] == [
            404
        ] * 2
        assert (await availability(http, "vendor"))[0] == "unavailable"

        status, reason = await availability(http, "agent")
        assert (status, reason.endswith("atrium secrets set AGENT_KEY`")) == ("unavailable", True)
        await http.put("/secrets/AGENT_KEY", json={"value": OF_THE_AGENT})
        assert await turn(home, "agent", "env KEY") == (OF_THE_AGENT, None)


async def test_secrets_are_kept_without_a_hub_too(home: Path) -> None:
    assert (await atrium(home, "secrets", "list"))[1] == "There are no secrets. `atrium secrets set NAME` sets one.\n"
    code, out, _ = await atrium(home, "secrets", "set", NAME, "--json", stdin="two\nlines\r\n")
    assert (code, json.loads(out)["name"]) == (0, NAME)
    found = await EncryptedFileStore(home / "secrets", KeySource(home / "secrets"), lambda: 0.0).get(NAME)
    assert found.get_secret_value() == "two\nlines"
    _, out, _ = await atrium(home, "secrets", "list")
    assert out.splitlines()[0].split() == ["NAME", "CHANGED"]
    assert out.splitlines()[1].startswith(NAME)
    _, listed, _ = await atrium(home, "secrets", "list", "--json")
    assert [sorted(one) for one in json.loads(listed)] == [["changedAt", "name"]]
    assert await diagnosis(home) == ("ok", f"1 in the encrypted file {home}/secrets/store.json", "")
    assert await atrium(home, "secrets", "remove", NAME) == (0, "VENDOR_KEY is removed.\n", "")
    assert await diagnosis(home) == ("ok", "none are set", "")
    code, _, err = await atrium(home, "secrets", "remove", NAME, "--json")
    assert (code, "atrium secrets set VENDOR_KEY" in err) == (1, True)


async def test_the_doctor_says_what_is_wrong_with_the_secrets(home: Path) -> None:
    await atrium(home, "secrets", "set", NAME, stdin=KEY)
    key = home / "secrets" / "key"
    key.rename(key.with_name("elsewhere"))
    level, message, step = await diagnosis(home)
    assert (level, message) == ("warn", "The secret store cannot be used")
    assert "is gone: put it back into the variable ATRIUM_SECRETS_KEY" in step
    (home / "secrets" / "store.json").write_text("{}")
    level, message, step = await diagnosis(home)
    assert (level, message) == ("fail", "The stored secrets are damaged, or somebody has changed them")
    assert step.endswith("set the secrets again: atrium secrets set")


async def diagnosis(home: Path) -> tuple[str, str, str]:
    _, out, _ = await atrium(home, "doctor", "--json")
    [found] = [one for one in json.loads(out) if one["check"] == "secrets"]
    return found["level"], found["message"], found["next"]


async def test_a_secret_is_never_an_argument_and_is_not_echoed(home: Path) -> None:
    code, out, err = await atrium(home, "secrets", "set", NAME, KEY)
    assert (code, out) == (1, "")
    assert "pipe it in" in err
    assert KEY not in err
    code, _, err = await atrium(home, "secrets", "set", "no name", stdin=KEY)
    assert (code, KEY in err) == (1, False)
    async with terminal("secrets", "set", NAME, home=home, ATRIUM_SECRETS__STORE="file") as shown:
        await shown.until("(not shown)")
        shown.type(f"{KEY}\r")
        await shown.until("is set")
        assert KEY not in shown.shown


def told_by(answer: httpx.Response) -> bytes:
    return str(answer.headers).encode() + answer.content


async def answers(http: httpx.AsyncClient) -> AsyncIterator[tuple[str, bytes]]:
    """Ask all that can be asked without naming something, and yield the answers."""
    paths = (await http.get("/openapi.json")).json()["paths"]
    for path, methods in paths.items():
        if "get" in methods and "{" not in path:
            answer = await http.get(path.removeprefix("/api/v1"))
            yield f"GET {path}", told_by(answer)
    for session in (await http.get("/sessions")).json()["data"]:
        for path in ("", "/messages", "/events"):
            yield path, told_by(await http.get(f"/sessions/{session['id']}{path}"))
        yield "topic", told_by(await http.get(f"/topics/sessions/{session['id']}"))


async def refusals(http: httpx.AsyncClient) -> AsyncIterator[tuple[str, bytes]]:
    """Set secrets in every wrong way, and yield what is said of it."""
    wrong: list[Any] = [
        {"value": [KEY]}, {"value": {"secret": KEY}}, {"valeu": KEY}, {"value": f"{KEY}\0"}, {"value": KEY * 5000},
        KEY, [KEY],
    ]  # fmt: skip
    for body in wrong:
        answer = await http.put(f"/secrets/{NAME}", json=body)
        assert answer.status_code == 422, body
        yield str(body)[:20], told_by(answer)
    cut = await http.put(f"/secrets/{NAME}", content=f'{{"value": "{KEY}', headers={"content-type": "application/json"})
    assert cut.status_code == 400
    yield "cut", told_by(cut)
    yield "name", told_by(await http.put("/secrets/1", json={"value": KEY}))


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def processes(pid: int) -> Iterator[tuple[str, bytes]]:
    """Yield the environment and the command line of the hub and of its children; no agent that has a key runs."""
    hub = psutil.Process(pid)
    for process in (hub, *hub.children(recursive=True)):
        for name in ("environ", "cmdline"):
            yield f"{name} of {process.pid}", Path(f"/proc/{process.pid}/{name}").read_bytes()


def spellings(secret: str) -> list[bytes]:
    """Return a secret as it may stand somewhere: as it is, in hexadecimal, and within base64 at any place."""
    encoded = [base64.b64encode(b"\0" * shift + secret.encode())[4 * bool(shift) : -4] for shift in range(3)]
    return [
        secret.encode(),
        secret.encode().hex().encode(),
        secret[::-1].encode(),
        secret.encode("utf-16-le"),
        *encoded,
    ]


def found_in(seen: list[tuple[str, bytes]], secret: str) -> list[str]:
    return [where for where, data in seen if any(spelling in data for spelling in spellings(secret))]


async def commands(home: Path) -> list[tuple[str, bytes]]:
    asked = ("secrets list", "config show", "config check", "doctor", "status --json", "plugins list", "logs")
    return [(line, "".join(map(str, await atrium(home, *line.split()))).encode()) for line in asked]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_a_secret_is_in_nothing_that_the_hub_writes_says_or_starts(home: Path) -> None:
    seen: list[tuple[str, bytes]] = []
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    async with daemon_at(home, {**ENVIRONMENT, "ATRIUM_SECRETS_KEY": key}) as daemon, daemon.http() as http:
        await use_all(home, http)
        seen += [one async for one in refusals(http)] + [one async for one in answers(http)]
        hub = daemon.pid
        seen += [*processes(hub), *files(home), *await commands(home)]
        assert any(where.endswith("atrium.db") for where, _ in seen)
    seen += [*files(home), ("what it said", Path(daemon.said).read_bytes())]
    for canary in CANARIES:
        assert found_in(seen, canary) == []
    assert found_in(seen, key) == [f"environ of {hub}"], "it was given to the hub, and goes no further"
    # What may be known is found in many of these places: the test looks where it says it does.
    places = " ".join(found_in(seen, NAME))
    assert all(place in places for place in ("atrium.log", "atrium.db", "store.json", "GET /api/v1/secrets"))


async def use_all(home: Path, http: httpx.AsyncClient) -> None:
    """Have every secret set, sent, refused and echoed by a vendor, and let an agent that has none of them run."""
    assert NAME in (await turn(home, "vendor", "hi"))[1]["detail"]
    assert (await atrium(home, "secrets", "set", NAME, stdin=WRONG))[0] == 0
    assert (await turn(home, "vendor", "hi"))[1]["code"] == "PROVIDER_AUTH"
    await http.put(f"/secrets/{NAME}", json={"value": KEY})
    for content in ("hi", "malformed", "limit", "broken"):
        await turn(home, "vendor", content)
    assert await turn(home, "bare", "env KEY") == ("not set", None)
    await http.put("/secrets/AGENT_KEY", json={"value": OF_THE_AGENT})
    await http.put("/secrets/OTHER", json={"value": KEY})
    await http.delete("/secrets/OTHER")
