"""The room of the usage: what a turn used appears by itself, a budget is set there, stops a turn, and is removed."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, browser_at, hub_at, new_session, screen_of
from tests.e2e.test_accessibility import faults_of
from tests.usage import spender

pytestmark = JOURNEY


async def test_usage_is_seen_and_bounded(chromium: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "spending.py").write_bytes(Path(spender.__file__).read_bytes())
    async with (
        browser_at(chromium) as browser,
        hub_at(home) as daemon,
        screen_of(browser, daemon) as wide,
        screen_of(browser, daemon, NARROW) as narrow,
    ):
        await wide.sign_in("/usage")
        page = wide.part("usage-page")
        await expect(page).to_contain_text("Nothing was used yet")
        await new_session(daemon, "61200 5890 40211 2.31", provider="spender")
        await new_session(daemon, "limit requests 4000 3982", provider="spender")
        await expect(page).to_contain_text("$2.31")
        await expect(page).to_contain_text("3,982 of 4,000 requests left")
        await expect(page.get_by_role("row", name="Spender")).to_contain_text("61,200")

        await page.get_by_label("Limit", exact=True).fill("much")
        await page.get_by_role("button", name="Set budget").click()
        await expect(page.get_by_role("alert")).to_have_text("Give a number above 0.")
        await page.get_by_label("Limit", exact=True).fill("2")
        await page.get_by_role("combobox", name="Provider").select_option("spender")
        await page.get_by_role("button", name="Set budget").click()
        await expect(wide.part("budget")).to_contain_text("$2.31 of $2.00")

        stopped = await new_session(daemon, "1 1 0 1", provider="spender")
        await narrow.sign_in(f"/sessions/{stopped}")
        await expect(narrow.page.get_by_text("the budget of $2.00 a day for spender is used up")).to_be_visible()
        await narrow.visit("/usage")
        await expect(narrow.part("budget")).to_contain_text("$2.31 of $2.00")
        assert await narrow.page.evaluate("document.documentElement.scrollWidth") == NARROW[0]

        async with wide.page.expect_download() as download:
            await page.get_by_role("button", name="Export CSV").click()
        path = await (await download.value).path()
        assert "spender,1,61200,40211,5890,2.310000,0" in path.read_text("utf-8")
        for screen in (wide, narrow):
            await screen.page.emulate_media(reduced_motion="reduce")
            assert await faults_of(screen) == []
            await screen.picture(f"usage-{'wide' if screen is wide else 'narrow'}")

        await page.get_by_role("button", name="Remove").click()
        await expect(narrow.part("budget")).to_have_count(0)
        assert wide.complaints + narrow.complaints == []
        assert wide.foreign() + narrow.foreign() == []
