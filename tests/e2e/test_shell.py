"""The frame around the rooms: finding, keys, settings, rooms of plugins, and what is said while the hub is away."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, Screen, new_session, screen_at

pytestmark = JOURNEY

ROOMS = '''
"""A plugin file that brings rooms, most of which fail."""

from atrium.sdk import Manifest, NoConfig, Plugin

NAMES = NAMES_OF_ROOMS


class Rooms(Plugin[NoConfig]):
    """Brings rooms."""

    manifest = Manifest(name="rooms", features=NAMES)

    async def start(self):
        """Offer them."""
        for name in NAMES:
            self.context.extensions.contribute(
                "gateway.feature", self.context.home / "rooms", name=name, module=f"{name}.js"
            )
'''
CLOCK = """
const icon = [["circle", { cx: 12, cy: 12, r: 10 }]];
export default (shell) => ({
  name: "clock",
  routes: [{ paths: ["/clock"], room: () => Object.assign(document.createElement("h1"), { textContent: "Noon" }) }],
  navigation: { path: "/clock", label: () => "Clock", icon },
  commands: [{ id: "clock.greet", label: () => "Greet from the clock", run: () => shell.say("Cuckoo") }],
});
"""
BROKEN = "throw new Error('no spring');"
SHAPELESS = "export default () => ({ routes: 'none' });"
THROWER = """
export default () => ({
  name: "thrower",
  routes: [{ paths: ["/thrower"], room: () => { throw new Error("it fell") } }],
});
"""
SHOUTER = """
export default () => ({
  name: "shouter",
  routes: [],
  commands: [
    { id: "shouter.now", label: () => "Shout now", run: () => { throw new Error("hoarse") } },
    { id: "shouter.later", label: () => "Shout later", run: async () => { throw new Error("hoarse tomorrow") } },
    { id: "shouter.mute", label: () => { throw new Error("mute") }, run: () => {} },
  ],
});
"""
THIEF = """
const room = () => Object.assign(document.createElement("h1"), { textContent: "Mine" });
export default () => ({ name: "thief", routes: [{ paths: ["/", "/settings"], room }] });
"""
MODULES = {
    "clock": CLOCK,
    "broken": BROKEN,
    "shapeless": SHAPELESS,
    "thrower": THROWER,
    "shouter": SHOUTER,
    "thief": THIEF,
}


def furnish(home: Path, *names: str) -> None:
    """Put a plugin that brings these rooms into a home."""
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "rooms.py").write_text(ROOMS.replace("NAMES_OF_ROOMS", repr(names)))
    (home / "rooms").mkdir()
    for name in names:
        (home / "rooms" / f"{name}.js").write_text(MODULES[name])


async def find(screen: Screen, text: str) -> None:
    """Take the first thing that the palette finds."""
    await screen.page.keyboard.press("Control+k")
    palette = screen.part("palette")
    await palette.get_by_role("combobox").fill(text)
    await expect(palette.get_by_role("option").first).to_be_visible()
    await screen.page.keyboard.press("Enter")
    await expect(palette).to_be_hidden()


async def test_a_few_letters_find_sessions_and_commands(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await new_session(ann.daemon, "peas", title="Garden plan")
        await new_session(ann.daemon, "other", title="Other")
        await ann.sign_in()
        await expect(ann.items()).to_have_count(2)
        await find(ann, "grdn")
        await ann.answers("peas")
        await find(ann, "settings")
        await expect(ann.part("settings-page")).to_be_visible()
        await ann.page.go_back()
        await ann.answers("peas")
        await ann.page.go_forward()
        await expect(ann.part("settings-page")).to_be_visible()
        await ann.page.keyboard.press("?")
        await expect(ann.page.get_by_role("dialog")).to_be_visible()
        await expect(ann.page.locator("atrium-key-sheet")).to_contain_text("New session")
        await ann.page.keyboard.press("Escape")
        await expect(ann.page.get_by_role("dialog")).to_be_hidden()
        assert ann.complaints == []


async def test_language_and_theme_are_kept(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in("/settings")
        await ann.page.get_by_text("Русский").click()
        await ann.page.get_by_text("Тёмная").click()
        await ann.page.reload()
        await ann.is_live()
        await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Настройки")
        await expect(ann.part("connection-state")).to_have_text("На связи")  # noqa: RUF001
        assert await ann.page.evaluate("document.documentElement.lang") == "ru"
        assert await ann.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        assert ann.complaints == []


async def test_a_plugin_brings_a_room_and_one_that_fails_is_named(tmp_path: Path, chromium: str) -> None:
    furnish(tmp_path / "home", "clock", "thrower")
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in()
        await ann.page.get_by_role("link", name="Clock").click()
        await expect(ann.page.get_by_role("heading", name="Noon")).to_be_visible()
        await find(ann, "greet")
        await expect(ann.part("notice")).to_contain_text("Cuckoo")
        await ann.visit("/thrower")
        await expect(ann.part("failed-feature")).to_contain_text("thrower")
        await expect(ann.part("failed-feature")).to_contain_text("it fell")
        await ann.page.get_by_role("link", name="Clock").click()
        await expect(ann.page.get_by_role("heading", name="Noon")).to_be_visible()
        await ann.page.get_by_role("link", name="Sessions").click()
        await expect(ann.part("composer")).to_be_visible()
        assert ann.complaints == []


async def test_a_room_that_cannot_be_loaded_is_named(tmp_path: Path, chromium: str) -> None:
    furnish(tmp_path / "home", "clock", "broken", "shapeless")
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in()
        await expect(ann.part("notice")).to_have_count(2)
        await expect(ann.part("notice").filter(has_text="broken")).to_contain_text("No spring")
        await expect(ann.part("notice").filter(has_text="shapeless")).to_contain_text("not a list of {paths, room}")
        await ann.page.get_by_role("link", name="Settings").click()
        await expect(ann.part("failed-rooms").get_by_role("listitem")).to_have_count(2)
        await expect(ann.part("failed-rooms")).to_contain_text("broken")
        await ann.page.get_by_role("link", name="Clock").click()
        await expect(ann.page.get_by_role("heading", name="Noon")).to_be_visible()
        assert ann.complaints == []


async def test_a_command_that_throws_is_named_wherever_it_is_run(tmp_path: Path, chromium: str) -> None:
    furnish(tmp_path / "home", "shouter")
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in("/settings")
        await find(ann, "shout now")
        await expect(ann.part("notice").filter(has_text="Hoarse.")).to_contain_text("shouter")
        await find(ann, "shout later")
        await expect(ann.part("notice").filter(has_text="Hoarse tomorrow")).to_contain_text("shouter")
        await expect(ann.part("notice").filter(has_text="Mute")).to_contain_text("shouter")
        await expect(ann.part("settings-page")).to_be_visible()
        assert ann.complaints == []


async def test_no_plugin_takes_the_place_of_another_room(tmp_path: Path, chromium: str) -> None:
    furnish(tmp_path / "home", "thief")
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in("/nowhere")
        await expect(ann.page.get_by_text("There is nothing at this address")).to_be_visible()
        await ann.page.get_by_role("link", name="Settings").click()
        await expect(ann.part("settings-page")).to_be_visible()
        await ann.page.get_by_role("link", name="Sessions").click()
        await expect(ann.part("composer")).to_be_visible()
        await expect(ann.page.get_by_role("heading", name="Mine")).to_have_count(0)


async def test_while_the_hub_is_away_nothing_is_said_to_run(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, "half away", title="Away")
        await ann.sign_in(f"/sessions/{session_id}")
        await expect(ann.item("Away")).to_contain_text("Running")
        await expect(ann.part("rename")).to_be_enabled()
        ann.daemon.kill()
        await expect(ann.part("connection-state")).to_have_text(re.compile(r"Offline since \d\d:\d\d"))
        await expect(ann.part("connection-note")).to_contain_text("may be old")
        await expect(ann.item("Away")).not_to_contain_text("Running")
        await expect(ann.part("rename")).to_be_disabled()
        await expect(ann.part("delete")).to_be_disabled()
        ann.daemon.start()
        await ann.daemon.healthy()
        await ann.is_live()
        await expect(ann.part("connection-note")).to_be_hidden()
        await expect(ann.part("rename")).to_be_enabled()


@pytest.mark.parametrize("path", ["/", "/settings", "/gallery", "/nowhere"])
async def test_a_phone_has_a_heading_a_main_and_four_places(tmp_path: Path, chromium: str, path: str) -> None:
    async with screen_at(tmp_path / "home", chromium, NARROW) as phone:
        await phone.sign_in(path)
        await expect(phone.page.get_by_role("main")).to_be_visible()
        widths = await phone.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1]
        if path in {"/", "/settings"}:
            await expect(phone.page.get_by_role("heading", level=1)).to_be_visible()
            places = phone.page.get_by_role("navigation", name="Rooms").get_by_role("link")
            assert 2 <= await places.count() <= 4
            more = phone.page.get_by_role("button", name="More", exact=True)
            await expect(more).to_have_attribute("aria-current", str(path == "/settings").lower())
        assert phone.complaints == []
