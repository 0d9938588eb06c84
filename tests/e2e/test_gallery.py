"""The gallery: it looks as it did, and its dialogs and menus do what the keyboard says."""

import os
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.gallery_pictures import MOST_APART, NAMES, Gallery
from tests.e2e.marks import JOURNEY
from tests.e2e.screens import browser_at, hub_at, screen_at

pytestmark = JOURNEY


async def test_the_gallery_looks_as_it_did(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path / "home") as daemon, browser_at(chromium) as browser:
        gallery = Gallery(browser, daemon)
        changed: dict[str, float | str] = {}
        for name in NAMES:
            picture = await gallery.take(name)
            difference = await gallery.difference(picture, name)
            if isinstance(difference, str) or difference > MOST_APART:
                changed[name] = difference
                (Path(os.environ.get("ATRIUM_PICTURES", tmp_path)) / f"{name}.png").write_bytes(picture)
        assert changed == {}, "look at the pictures; if they are as wanted: python -m tests.e2e.gallery_pictures"


async def test_a_changed_colour_is_noticed(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path / "home") as daemon, browser_at(chromium) as browser:
        gallery = Gallery(browser, daemon)
        light = await gallery.take(NAMES[0])
        assert await gallery.difference(light, "gallery-1280-dark") != 0
        difference = await gallery.difference(light, "gallery-1280-contrast")
        assert isinstance(difference, str) or difference > MOST_APART


async def test_a_dialog_takes_the_focus_and_gives_it_back(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in("/gallery")
        opener, dialog = ann.part("open-dialog"), ann.page.get_by_role("dialog", name="Delete this session?")
        await opener.focus()
        await ann.page.keyboard.press("Enter")
        await expect(dialog).to_be_visible()
        await expect(ann.page.get_by_role("button", name="Keep it")).to_be_focused()
        await ann.page.keyboard.press("n")  # no key of the page behind is heard
        assert ann.page.url.endswith("/gallery")
        await ann.page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(opener).to_be_focused()
        await opener.click()
        await ann.page.mouse.click(5, 5)
        await expect(dialog).to_be_hidden()


async def test_a_menu_opens_three_ways_and_is_run_by_keys(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in("/gallery")
        opener, menu = ann.part("open-menu"), ann.page.get_by_role("menu", name="Garden plan")
        item = menu.get_by_role("menuitem")
        await opener.focus()
        await ann.page.keyboard.press("Enter")
        await expect(menu).to_be_visible()
        await expect(opener).to_have_attribute("aria-expanded", "true")
        await expect(item.first).to_be_focused()
        for key, name in (("ArrowDown", "Pin"), ("ArrowDown", "Delete"), ("ArrowDown", "Rename"), ("End", "Delete")):
            await ann.page.keyboard.press(key)
            await expect(menu.get_by_role("menuitem", name=name)).to_be_focused()
        await ann.page.keyboard.press("p")
        await expect(menu.get_by_role("menuitem", name="Pin")).to_be_focused()
        await ann.page.keyboard.press("Escape")
        await expect(menu).to_be_hidden()
        await expect(opener).to_be_focused()
        await expect(opener).to_have_attribute("aria-expanded", "false")

        await ann.page.get_by_text("Right-click or press long here").click(button="right")
        await expect(menu).to_be_visible()
        await ann.page.keyboard.press("End")
        await ann.page.keyboard.press("Enter")
        await expect(menu).to_be_hidden()
        await expect(ann.page.get_by_role("dialog", name="Delete this session?")).to_be_visible()
        assert ann.complaints == []
