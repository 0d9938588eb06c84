"""Installing over HTTP and from the command line: progress on every screen, one clear line for what went wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium.adapters.agents import find_recipes
from atrium.adapters.providers.acp import AcpProvider
from atrium.plugins.providers import Providers
from atrium.sdk import NotFound, Principal
from atrium.sdk.clock import SystemClock
from tests.app.running import run_atrium
from tests.gateway.house import House, house_with
from tests.providers.recipes import needs_npm, write_recipe
from tests.providers.test_install import npm_that_hangs, written

pytestmark = needs_npm


@asynccontextmanager
async def house(home: Path, **config: Any) -> AsyncIterator[House]:
    """Run a hub that knows the recipe `coder`."""
    async with house_with(Providers, config={"providers": config}) as made:
        provider = AcpProvider("coder", home, SystemClock(), find_recipes(home)["coder"])
        made.runtime.extensions.contribute("providers.provider", "test", provider)
        async with made.http() as http:
            while not (await http.get("/providers/programs")).json()["data"]:  # noqa: ASYNC110  # it is taken up soon
                await asyncio.sleep(0.01)
        yield made


async def row(http: httpx.AsyncClient, program: str = "coder") -> dict[str, Any]:
    return dict((await http.get(f"/providers/programs/{program}")).json())


async def ended(http: httpx.AsyncClient) -> dict[str, Any]:
    """Wait until an installation is over and return how."""
    while (shown := (await row(http))["install"])["status"] == "running":  # noqa: ASYNC110  # npm
        await asyncio.sleep(0.02)
    return dict(shown)


async def test_a_program_is_installed_examined_and_removed_over_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_recipe(tmp_path, variables=["CODER_KEY", "CODER_ADDRESS"])
    async with house(tmp_path) as hub, hub.http() as http:
        before = await row(http)
        assert (before["id"], before["installed"], before["version"], before["current"]) == (
            "coder",
            None,
            "1.0.0",
            False,
        )
        assert (before["variables"], before["variablesSet"]) == (["CODER_KEY", "CODER_ADDRESS"], [])
        assert "install" not in before
        assert (await http.get("/providers")).json()["data"] == []
        begun = await http.post("/providers/programs/coder")
        assert (begun.status_code, begun.json()["status"]) == (202, "running")
        assert (await http.post("/providers/programs/coder")).json()["code"] == "ALREADY_INSTALLING"
        shown = await ended(http)
        assert (shown["status"], shown["step"], shown["version"]) == ("completed", "switch", "1.0.0")
        topic = (await http.get("/topics/providers/programs")).json()
        assert topic["data"] == [shown]
        assert [one["status"] for one in (await http.get("/providers")).json()["data"]] == ["active"]
        found = (await http.get("/providers/programs/coder/doctor")).json()["data"]
        assert {one["level"] for one in found} == {"ok", "warn"}
        monkeypatch.setenv("CODER_KEY", "secret")
        assert (await row(http))["variablesSet"] == ["CODER_KEY"]
        assert (await http.delete("/providers/programs/coder")).json() == {"removed": True}
        assert (await row(http))["installed"] is None
        assert (await http.get("/topics/providers/programs")).json()["data"] == [], "other screens see that it is gone"


async def test_other_plugins_install_by_services(tmp_path: Path) -> None:
    write_recipe(tmp_path, platforms=["plan9-x64"])
    ann, bob = Principal("ann", "test"), Principal("bob", "test")
    async with house(tmp_path) as hub:
        call = hub.runtime.service_registry.call
        assert (await call("providers.install", ann, "coder"))["status"] == "running"
        while (shown := (await call("providers.program", ann, "coder"))["install"])["status"] == "running":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert "plan9-x64" in shown["error"]["detail"]
        assert [one.get("install") for one in (await call("providers.programs", bob))["data"]] == [None], "it is ann's"
        found = {one["check"]: one["level"] for one in (await call("providers.doctor", ann, "coder"))["data"]}
        assert (found["platform"], found["program"]) == ("fail", "fail")
        with pytest.raises(NotFound):
            await call("providers.cancel_install", ann, "coder")
        assert await call("providers.remove", ann, "coder") == {"removed": True}


async def test_what_fails_and_what_is_cancelled_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recipe(tmp_path, node="99.0.0")
    async with house(tmp_path) as hub, hub.http() as http:
        await http.post("/providers/programs/coder")
        shown = await ended(http)
        assert (shown["status"], shown["error"]["code"]) == ("failed", "PROGRAM_UNSUPPORTED")
        assert "install Node 99.0.0" in shown["error"]["detail"]
        assert (await http.delete("/providers/programs/coder/install")).json()["code"] == "NOTHING_INSTALLING"
        unknown = await http.post("/providers/programs/other")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "UNKNOWN_PROGRAM")
    write_recipe(tmp_path)
    started = tmp_path / "started"
    for name, value in npm_that_hangs(tmp_path).items():
        monkeypatch.setenv(name, value)
    async with house(tmp_path) as hub, hub.http() as http:
        await http.post("/providers/programs/coder")
        await written(started)
        assert (await http.delete("/providers/programs/coder/install")).status_code == 204
        assert (await row(http))["install"]["status"] == "cancelled"
        assert not list((tmp_path / "providers" / "coder").glob("*.partial"))


async def test_what_is_installed_is_updated_by_itself_if_the_settings_say_so(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    assert (await run_atrium("providers", "install", "coder", home=tmp_path))[0] == 0
    write_recipe(tmp_path, "1.1.0")
    async with house(tmp_path, auto_update=True, check_interval=1) as hub, hub.http() as http:
        while (await row(http))["installed"] != "1.1.0":  # noqa: ASYNC110  # the next look
            await asyncio.sleep(0.02)


async def test_the_commands_install_list_update_examine_and_remove(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    code, out, err = await run_atrium("providers", "install", "coder", home=tmp_path)
    assert (code, out) == (0, "Coder 1.0.0 is installed; talk to it: atrium chat --provider coder\n")
    assert [line.rpartition(": ")[2] for line in err.splitlines()] == ["check", "download", "try", "switch"]
    write_recipe(tmp_path, "1.1.0")
    code, out, _ = await run_atrium("providers", "list", "--json", home=tmp_path)
    listed = {one["id"]: one for one in json.loads(out)}
    assert set(listed) == {"claude", "codex", "coder", "gemini", "goose", "opencode"}
    assert (listed["coder"]["installed"], listed["coder"]["version"], listed["coder"]["current"]) == (
        "1.0.0", "1.1.0", False,
    )  # fmt: skip
    code, out, _ = await run_atrium("providers", "update", home=tmp_path)
    assert (code, out) == (0, "Coder 1.1.0 is installed; talk to it: atrium chat --provider coder\n")
    code, out, _ = await run_atrium("providers", "doctor", "coder", home=tmp_path)
    assert code == 0, out
    assert "it starts and speaks ACP" in out
    code, out, _ = await run_atrium("providers", "remove", "coder", home=tmp_path)
    assert (code, out) == (0, "Coder 1.1.0 is removed.\n")
    code, _, err = await run_atrium("providers", "update", "coder", home=tmp_path)
    assert (code, err) == (1, "Error: coder is not installed; install it: atrium providers install coder\n")
    code, _, err = await run_atrium("providers", "install", "nobody", home=tmp_path)
    assert code == 1
    assert "there is no agent 'nobody'; there is claude, codex" in err
