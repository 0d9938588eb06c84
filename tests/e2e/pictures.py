"""Pictures of every screen: `python -m tests.e2e.pictures FOLDER [NAME...]`.

Each is taken at three widths, in light and dark, in English and Russian, from a real hub with the scripted provider.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.conftest import find_chromium
from tests.e2e.screens import Screen, browser_at, hub_at, new_session
from tests.faults.daemon import Daemon

SIZES = {"wide": (1280, 800), "middle": (768, 1024), "narrow": (390, 844)}
THEMES = ("light", "dark")
LANGUAGES = ("en-GB", "ru-RU")

TITLES = {
    "en-GB": ("Garden plan for spring", "Why the boiler knocks", "Letter to the school", "Half an answer"),
    "ru-RU": ("План сада на весну", "Почему стучит котёл", "Письмо в школу", "Ответ на полуслове"),
}
ANSWER = """\
What grows well **together**, and what does not:

| bed | plants | sown |
|---|---|---|
| north | peas, spinach | March |
| south | tomatoes, basil | May |

1. Sow the peas first: they bear frost.
2. Keep the tomatoes under glass until the nights are above 10 degrees.

```python
beds = {"north": ["peas", "spinach"], "south": ["tomatoes", "basil"]}
```
"""

Shot = Callable[[Screen], Awaitable[None]]


async def _conversation(screen: Screen) -> None:
    await screen.items().filter(has_text=TITLES[await _language(screen)][0]).click()
    await expect(screen.messages("assistant").last).to_be_visible()


async def _running(screen: Screen) -> None:
    await screen.items().filter(has_text=TITLES[await _language(screen)][3]).click()
    await expect(screen.messages("assistant").last).to_be_visible()


async def _palette(screen: Screen) -> None:
    await screen.page.keyboard.press("Control+k")
    await screen.part("palette").get_by_role("combobox").fill(TITLES[await _language(screen)][1][:3])


async def _keys(screen: Screen) -> None:
    await screen.page.locator("body").click()
    await screen.page.keyboard.press("?")
    await expect(screen.page.locator("atrium-key-sheet dialog")).to_be_visible()


async def _menu(screen: Screen) -> None:
    await screen.visit("/gallery")
    await screen.part("open-menu").click()


async def _offline(screen: Screen) -> None:
    await _conversation(screen)
    await screen.context.set_offline(True)
    await screen.page.evaluate("document.querySelector('atrium-app').hub.connection.start()")
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")


def _at(path: str) -> Shot:
    async def go(screen: Screen) -> None:
        await screen.visit(path)
        await screen.is_live()

    return go


SHOTS: dict[str, Shot] = {
    "list": _at("/"),
    "new": _at("/new"),
    "conversation": _conversation,
    "running": _running,
    "palette": _palette,
    "keys": _keys,
    "settings": _at("/settings"),
    "nowhere": _at("/nowhere"),
    "gallery": _at("/gallery"),
    "menu": _menu,
    "offline": _offline,
}


async def _language(screen: Screen) -> str:
    return "ru-RU" if await screen.page.evaluate("document.documentElement.lang") == "ru" else "en-GB"


async def _take(browser: Browser, daemon: Daemon, folder: Path, look: tuple[str, str, str], names: list[str]) -> None:
    size, theme, language = look
    width, height = SIZES[size]
    for name in names:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale=language,
            reduced_motion="reduce",
        )
        screen = Screen(daemon, context, await context.new_page())
        await screen.sign_in()
        await SHOTS[name](screen)
        await screen.page.evaluate("document.fonts.ready")
        await screen.page.wait_for_load_state("networkidle")
        await screen.page.screenshot(path=folder / f"{name}-{size}-{theme}-{language[:2]}.png")
        for complaint in screen.complaints:
            print(f"{name} {size} {theme} {language}: {complaint}")
        await context.close()


async def _fill(daemon: Daemon, language: str) -> None:
    first, *others, last = TITLES[language]
    for title in others:
        await new_session(daemon, title, title=title)
    await new_session(daemon, ANSWER, title=first)
    await new_session(daemon, "half picture", title=last)


async def take_all(folder: Path, names: list[str], looks: list[tuple[str, str, str]]) -> None:
    """Take the pictures of these names and looks, one hub for each language."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    assert chromium is not None, "no Chromium"
    for language in LANGUAGES:
        wanted = [look for look in looks if look[2] == language]
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as home:
            async with hub_at(Path(home) / "home") as daemon, browser_at(chromium) as browser:
                await _fill(daemon, language)
                for look in wanted:
                    await _take(browser, daemon, folder, look, names)


def main(arguments: list[str]) -> None:
    """Take the pictures that the command line names, all if it names none; `wide`, `dark`, `ru-RU` narrow the looks."""
    folder, *words = arguments
    names = [word for word in words if word in SHOTS] or list(SHOTS)
    looks = [
        (size, theme, language)
        for size in [word for word in words if word in SIZES] or SIZES
        for theme in [word for word in words if word in THEMES] or THEMES
        for language in [word for word in words if word in LANGUAGES] or LANGUAGES
    ]
    asyncio.run(take_all(Path(folder), names, looks))


if __name__ == "__main__":
    main(sys.argv[1:])
