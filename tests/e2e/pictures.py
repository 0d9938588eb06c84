"""Pictures of every screen: `python -m tests.e2e.pictures FOLDER [NAME...]`.

Each is taken at three widths, in light and dark, in English and Russian, from a real hub with the scripted provider and
the scripted agent. There is a hub for each look: what a scene leaves behind is in the pictures of no other look.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Error, expect

from tests.conftest import find_chromium
from tests.e2e import scenes_conversation, scenes_list, scenes_rooms
from tests.e2e.scene import Scene
from tests.e2e.screens import NO_WORKER, Screen, browser_at, hub_at
from tests.e2e.test_approvals import with_agent
from tests.faults.daemon import Daemon

SIZES = {"wide": (1280, 800), "middle": (768, 1024), "narrow": (390, 844)}
THEMES = ("light", "dark")
LANGUAGES = ("en-GB", "ru-RU")

SCENES: dict[str, Scene] = {**scenes_rooms.SCENES, **scenes_conversation.SCENES, **scenes_list.SCENES}

Look = tuple[str, str, str]


async def _take(browser: Browser, daemon: Daemon, file: Path, look: Look, scene: Scene) -> None:
    size, theme, language = look
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale=language,
        reduced_motion="reduce",
    )
    if not scene.keeps_page:
        await context.add_init_script(NO_WORKER)
    if scene.welcomed:
        await context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
    screen = Screen(daemon, context, await context.new_page())
    try:
        if scene.is_signed_in:
            await screen.sign_in()
        await scene.go(screen, language)
        await screen.page.evaluate("document.fonts.ready.then(() => true)")
        await screen.page.wait_for_load_state("networkidle")
        await expect(screen.page.locator("atrium-app")).to_be_visible()
    except (AssertionError, Error) as error:  # the other pictures are worth having
        print(f"{file.stem}: {error}")
    await screen.page.screenshot(path=file)
    for complaint in screen.complaints:
        print(f"{file.stem}: {complaint}")
    await context.close()


async def take_all(folder: Path, names: list[str], looks: list[Look]) -> None:
    """Take the pictures of these names and looks."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    assert chromium is not None, "no Chromium"
    async with browser_at(chromium) as browser:
        for look in looks:
            with tempfile.TemporaryDirectory() as home:
                async with hub_at(with_agent(Path(home) / "home")) as daemon:
                    await scenes_rooms.fill(daemon, look[2])
                    for name in names:
                        file = folder / f"{name}-{look[0]}-{look[1]}-{look[2][:2]}.png"
                        await _take(browser, daemon, file, look, SCENES[name])


def main(arguments: list[str]) -> None:
    """Take the pictures that the command line names, all if it names none; `wide`, `dark`, `ru-RU` narrow the looks."""
    folder, *words = arguments
    names = [word for word in words if word in SCENES] or list(SCENES)
    looks = [
        (size, theme, language)
        for size in [word for word in words if word in SIZES] or SIZES
        for theme in [word for word in words if word in THEMES] or THEMES
        for language in [word for word in words if word in LANGUAGES] or LANGUAGES
    ]
    asyncio.run(take_all(Path(folder), names, looks))


if __name__ == "__main__":
    main(sys.argv[1:])
