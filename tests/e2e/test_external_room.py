"""A feature package from outside the sources appears in the page by configuration alone."""

import shutil
from pathlib import Path

from playwright.async_api import expect

from tests.conftest import ROOT
from tests.e2e.marks import JOURNEY
from tests.e2e.screens import browser_at, new_session, screen_of
from tests.e2e.stage import __file__ as stage_file
from tests.faults.daemon import daemon_at

pytestmark = JOURNEY

EXAMPLE = ROOT / "examples/tally-room"


def unpack(folder: Path, home: Path) -> dict[str, str]:
    """Put the package somewhere and its plugin into a home; return the setting that says where it is."""
    shutil.copytree(EXAMPLE, folder)
    (home / "plugins").mkdir(parents=True)
    shutil.copy(folder / "tally.py", home / "plugins")
    shutil.copy(stage_file, home / "plugins/stage.py")
    return {"ATRIUM_PROVIDERS__DEFAULT": "stage", "ATRIUM_TALLY__PACKAGE": str(folder)}


async def test_an_external_package_brings_its_room(tmp_path: Path, chromium: str) -> None:
    environment = unpack(tmp_path / "somewhere/tally-room", tmp_path / "home")
    async with (
        daemon_at(tmp_path / "home", environment) as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
    ):
        await new_session(daemon, "one", title="First")
        await ann.sign_in()
        await ann.page.get_by_role("link", name="Tally").click()
        table = ann.page.locator("tally-room")
        await expect(table.get_by_role("row").last).to_have_text("stage12")
        await new_session(daemon, "two", title="Second")
        await expect(table.get_by_role("row").last).to_have_text("stage24")
        await ann.picture("tally")
        await ann.page.get_by_role("link", name="Sessions").click()
        await ann.page.locator("body").press("g")
        await ann.page.keyboard.press("t")
        await expect(table).to_be_visible()
        await ann.page.reload()
        await expect(table.get_by_role("heading", name="Tally")).to_be_visible()
        assert ann.complaints == []
        assert ann.foreign() == []


async def test_a_package_that_is_not_there_is_named_and_harms_nobody(tmp_path: Path, chromium: str) -> None:
    environment = unpack(tmp_path / "tally-room", tmp_path / "home") | {"ATRIUM_TALLY__PACKAGE": "/nowhere"}
    async with (
        daemon_at(tmp_path / "home", environment) as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
    ):
        await ann.sign_in("/settings")
        await expect(ann.part("settings-page")).to_contain_text("tally.package names no folder with web/index.js")
        await expect(ann.page.get_by_role("link", name="Tally")).to_have_count(0)
