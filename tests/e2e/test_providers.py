"""The room of the providers: an agent is installed, cancelled, refused with the next step, checked and removed."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.screens import NARROW, Screen, browser_at, hub_at, screen_of
from tests.e2e.test_accessibility import faults_of
from tests.providers.recipes import needs_npm, write_recipe

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240), needs_npm]

NPM_ON_CUE = """#!/bin/sh
until [ -e "{cue}" ]; do sleep 0.05; done
exec "{npm}" "$@"
"""


def npm_on_cue(folder: Path) -> Path:
    """Put an npm into a folder that begins when the file `go` is there beside it."""
    npm = shutil.which("npm")
    assert npm is not None
    folder.mkdir()
    (folder / "npm").write_text(NPM_ON_CUE.format(cue=folder / "go", npm=npm))
    (folder / "npm").chmod(0o755)
    return folder


def write_recipes(home: Path) -> None:
    """Write a recipe that works, and one that needs a Node nobody has."""
    good = write_recipe(home)
    lame = home / "recipes" / "lame"
    shutil.copytree(good, lame)
    recipe = json.loads((lame / "recipe.json").read_text("utf-8"))
    (lame / "recipe.json").write_text(json.dumps({**recipe, "name": "Lame", "node": "99.0.0"}), "utf-8")


def item(screen: Screen, program: str) -> Locator:
    return screen.page.locator(f'[data-testid="provider"][data-id="{program}"]')


async def _go_there(desk: Screen, phone: Screen) -> None:
    """Open the room on both screens."""
    await desk.sign_in()
    await desk.page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Providers").click()
    await phone.sign_in()
    await phone.page.get_by_role("button", name="More", exact=True).click()
    await phone.page.get_by_role("menuitem", name="Providers").click()
    for screen in (desk, phone):
        await expect(item(screen, "stage")).to_contain_text("Default")
        await expect(item(screen, "coder")).to_contain_text("Not installed")


async def _begin_and_cancel(desk: Screen, phone: Screen) -> None:
    """Begin an installation on one screen and cancel it on the other."""
    await desk.page.get_by_role("button", name="Install: Coder").press("Enter")
    for screen in (desk, phone):
        await expect(item(screen, "coder")).to_have_attribute("data-condition", "installing")
        await expect(item(screen, "coder")).to_contain_text(re.compile(r"Downloading 20 kB \d %"))
    await expect(item(desk, "coder").get_by_role("heading")).to_be_focused()
    await desk.picture("providers-installing")
    await item(phone, "coder").get_by_role("button", name="Cancel").click()
    await expect(phone.part("notice")).to_contain_text("The installation of Coder is cancelled.")
    await expect(item(desk, "coder")).to_have_attribute("data-condition", "notInstalled")


async def _are_refused(desk: Screen, phone: Screen) -> None:
    """Try to install what cannot run here."""
    await desk.part("install").and_(desk.page.get_by_role("button", name="Install: Lame")).click()
    for screen in (desk, phone):
        failed = item(screen, "lame").get_by_test_id("install-failed")
        await expect(failed).to_contain_text("install Node 99.0.0 or newer (https://nodejs.org), then try again.")
        await expect(failed).to_contain_text("Nothing of it was kept.")


async def _install(desk: Screen, phone: Screen, go: Path) -> None:
    """Install, as soon as npm may begin."""
    await item(phone, "coder").get_by_test_id("install").click()
    await expect(item(desk, "coder").get_by_test_id("install-progress")).to_be_visible()
    go.touch()
    for screen in (desk, phone):
        await expect(item(screen, "coder")).to_have_attribute("data-condition", "noKey")
        await expect(item(screen, "coder").get_by_test_id("key-help")).to_contain_text("Otherwise set CODER_KEY")


async def _examine(desk: Screen, phone: Screen) -> None:
    """Check what was installed, and look at both screens."""
    await item(desk, "coder").get_by_test_id("details").press("Enter")
    await item(desk, "coder").get_by_test_id("check").click()
    await expect(item(desk, "coder").get_by_test_id("findings")).to_contain_text("start: it starts and speaks ACP")
    await item(phone, "coder").get_by_test_id("details").click()
    await expect(item(phone, "coder").get_by_test_id("provider-details")).to_contain_text('"default":"coder"')
    for screen in (desk, phone):
        await screen.page.emulate_media(reduced_motion="reduce")
        assert await faults_of(screen) == []
        await screen.picture(f"providers-{'desk' if screen is desk else 'phone'}")
    assert await phone.page.evaluate("document.documentElement.scrollWidth") == NARROW[0]


async def test_an_agent_is_installed_checked_and_removed_in_the_page(chromium: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_recipes(home)
    tools = npm_on_cue(tmp_path / "tools")
    async with (
        browser_at(chromium) as browser,
        hub_at(home, PATH=f"{tools}:{os.environ['PATH']}") as daemon,
        screen_of(browser, daemon) as desk,
        screen_of(browser, daemon, NARROW) as phone,
    ):
        await _go_there(desk, phone)
        await _begin_and_cancel(desk, phone)
        await _are_refused(desk, phone)
        await _install(desk, phone, tools / "go")
        await _examine(desk, phone)
        await item(desk, "coder").get_by_test_id("start").click()
        await expect(desk.part("provider")).to_have_value("coder")
        await item(phone, "coder").get_by_test_id("remove").click()
        await expect(phone.part("notice").last).to_contain_text("Its sessions and its sign-in stay.")
        await desk.send("hello")
        await desk.part("open-provider").click()
        await expect(item(desk, "coder").get_by_role("heading")).to_be_focused()
        for screen in (desk, phone):
            await expect(item(screen, "coder")).to_have_attribute("data-condition", "notInstalled")
        assert not (home / "providers" / "coder" / "current").exists()
        assert desk.complaints + phone.complaints == []
        assert desk.foreign() + phone.foreign() == []
