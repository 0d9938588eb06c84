"""Pictures of the list of sessions in each of its states: `python -m tests.e2e.scenes_list FOLDER [NAME...]`.

The page and the hub are real; only the snapshot of the list is made up, so that there are sessions of many days.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Route, expect

from tests.conftest import find_chromium
from tests.e2e.pictures import LANGUAGES, SIZES, THEMES
from tests.e2e.screens import Screen, browser_at, hub_at
from tests.faults.daemon import Daemon

Session = dict[str, Any]
Scene = Callable[[Screen], Awaitable[None]]

TITLES = {
    "en-GB": (
        "Garden plan for spring",
        "Why the boiler knocks when the heating has been off for a day",
        "Letter to the school",
        "Half an answer",
        "Compare three bicycles",
        "Read the lease and say what is unusual",
        "Tax return",
        "Names for a cat",
        "Trip to Tbilisi in April",
        "Refactor the import of bank statements",
        "Explain Kalman filters",
        "Soup without onions",
        "What the neighbours may build",
        "Exercises for a stiff neck",
        "Plan of the cellar",
        "Fix the failing test of the parser",
        "A toast for the wedding",
        "Questions for the landlord",
        "Which birds sing in March",
        "Birthday of Nina",
        "Old notes about insurance",
    ),
    "ru-RU": (
        "План сада на весну",
        "Почему стучит котёл, если отопление выключали на день",
        "Письмо в школу",
        "Ответ на полуслове",
        "Сравнить три велосипеда",
        "Прочитать договор аренды и сказать, что в нём необычного",
        "Налоговая декларация",
        "Имя для кошки",
        "Поездка в Тбилиси в апреле",
        "Переписать импорт банковских выписок",
        "Объяснить фильтр Калмана",
        "Суп без лука",
        "Что могут построить соседи",
        "Упражнения для шеи",
        "План подвала",
        "Починить падающий тест разбора",
        "Тост на свадьбу",
        "Вопросы хозяину квартиры",
        "Какие птицы поют в марте",
        "День рождения Нины",
        "Старые заметки по страховке",
    ),
}
TAGS = {"en-GB": ("home", "work", "garden", "family"), "ru-RU": ("дом", "работа", "сад", "семья")}
AGES = (
    0,
    0.2,
    0.7,
    1,
    3,
    5,
    9,
    26,
    30,
    49,
    70,
    100,
    24 * 9,
    24 * 12,
    24 * 30,
    24 * 33,
    24 * 40,
    24 * 70,
    24 * 200,
    24 * 400,
)
"""Hours since the sessions changed."""


def _sessions(language: str) -> list[Session]:
    now = datetime.now(UTC)
    sessions = []
    for number, title in enumerate(TITLES[language]):
        at = (now - timedelta(hours=AGES[min(number, len(AGES) - 1)])).isoformat().replace("+00:00", "Z")
        sessions.append(
            {
                "id": f"session-{number}",
                "providerId": "stage" if number % 3 else "echo",
                "status": "active",
                "createdAt": at,
                "updatedAt": at,
                "messageCount": 2,
                "queued": 0,
                "turn": None,
                "metadata": {"title": title, "tags": [TAGS[language][number % 4]] if number % 5 < 2 else []},
            }
        )
    sessions[0]["turn"] = {"id": "turn-0", "status": "running"}
    sessions[2]["queued"] = 2
    sessions[3]["turn"] = {"id": "turn-3", "status": "interrupted"}
    sessions[5]["turn"] = {"id": "turn-5", "status": "failed"}
    for number in (1, 4, 8):
        sessions[number]["unread"] = number
    for number in (6, 13):
        sessions[number]["pinned"] = True
    return sessions


async def _language(screen: Screen) -> str:
    return "ru-RU" if await screen.page.evaluate("document.documentElement.lang") == "ru" else "en-GB"


async def _shows(screen: Screen, data: list[Session] | None, status: int = 200) -> None:
    """Answer the list's snapshot with this, or with a problem of this status."""
    problem = {"title": "Not allowed", "detail": "This browser may not read the sessions", "code": "FORBIDDEN"}
    body = {"revision": "9999999999999999", "data": data} if status == 200 else {**problem, "status": status}

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    await screen.page.route("**/api/v1/topics/sessions", answer)
    await screen.visit()
    await screen.is_live()


async def _full(screen: Screen) -> None:
    await _shows(screen, _sessions(await _language(screen)))
    await expect(screen.items().first).to_be_visible()


async def _empty(screen: Screen) -> None:
    await _shows(screen, [])
    await expect(screen.part("no-sessions")).to_be_visible()


async def _error(screen: Screen) -> None:
    await _shows(screen, None, status=403)
    await expect(screen.part("list-problem")).to_be_visible()


async def _searching(screen: Screen) -> None:
    await _full(screen)
    await screen.part("list-search").fill({"en-GB": "an", "ru-RU": "ан"}[await _language(screen)])


async def _nothing(screen: Screen) -> None:
    await _full(screen)
    await screen.part("list-search").fill("submarine")
    await expect(screen.part("nothing-found")).to_be_visible()


async def _filters(screen: Screen) -> None:
    await _full(screen)
    await screen.part("list-filter").click()
    for number in (1, 5):
        await screen.part("list-filters").get_by_role("checkbox").nth(number).check()


async def _filtered(screen: Screen) -> None:
    await _filters(screen)
    await screen.page.keyboard.press("Escape")
    await expect(screen.part("list-filters")).to_be_hidden()


async def _selected(screen: Screen) -> None:
    await _full(screen)
    await screen.items().first.focus()
    await screen.page.keyboard.press("x")
    for _ in range(2):
        await screen.page.keyboard.press("Shift+ArrowDown")


async def _menu(screen: Screen) -> None:
    await _full(screen)
    await screen.items().nth(3).click(button="right")
    await expect(screen.page.get_by_role("menuitem").first).to_be_visible()


async def _renaming(screen: Screen) -> None:
    await _full(screen)
    await screen.items().nth(2).focus()
    await screen.page.keyboard.press("e")
    await expect(screen.part("list-rename")).to_be_focused()


async def _tags(screen: Screen) -> None:
    await _full(screen)
    await screen.items().nth(2).focus()
    await screen.page.keyboard.press("t")
    await expect(screen.part("tag-input")).to_be_focused()


async def _deleted(screen: Screen) -> None:
    await _full(screen)
    await screen.items().nth(1).focus()
    await screen.page.keyboard.press("Delete")
    await expect(screen.part("notice")).to_be_visible()


async def _offline(screen: Screen) -> None:
    await _full(screen)
    await screen.context.set_offline(True)
    await screen.page.evaluate("document.querySelector('atrium-app').hub.connection.start()")
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")


SCENES: dict[str, Scene] = {
    "list-full": _full,
    "list-empty": _empty,
    "list-error": _error,
    "list-offline": _offline,
    "list-searching": _searching,
    "list-nothing": _nothing,
    "list-filters": _filters,
    "list-filtered": _filtered,
    "list-selected": _selected,
    "list-menu": _menu,
    "list-renaming": _renaming,
    "list-tags": _tags,
    "list-deleted": _deleted,
}


async def _take(browser: Browser, daemon: Daemon, file: Path, look: tuple[str, str, str], scene: Scene) -> None:
    size, theme, language = look
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale=language,
        reduced_motion="reduce",
    )
    await context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
    screen = Screen(daemon, context, await context.new_page())
    await screen.sign_in()
    await scene(screen)
    await screen.page.evaluate("document.fonts.ready")
    await screen.page.screenshot(path=file)
    for complaint in screen.complaints:
        print(f"{file.stem}: {complaint}")
    await context.close()


async def take_all(folder: Path, names: list[str], looks: list[tuple[str, str, str]]) -> None:
    """Take the pictures of these names and looks."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    assert chromium is not None, "no Chromium"
    with tempfile.TemporaryDirectory() as home:
        async with hub_at(Path(home) / "home") as daemon, browser_at(chromium) as browser:
            for look in looks:
                for name in names:
                    size, theme, language = look
                    file = folder / f"{name}-{size}-{theme}-{language[:2]}.png"
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
