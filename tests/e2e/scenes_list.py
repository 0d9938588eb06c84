"""The list of sessions in each of its states, for pictures.

The page and the hub are real; only the snapshot of the list is made up, so that there are sessions of many days.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Route, expect

from tests.e2e.scene import Scene
from tests.e2e.screens import Screen

Session = dict[str, Any]

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


async def _shows(screen: Screen, data: list[Session] | None, status: int = 200) -> None:
    """Answer the list's snapshot with this, or with a problem of this status."""
    problem = {"title": "Not allowed", "detail": "This browser may not read the sessions", "code": "FORBIDDEN"}
    body = {"revision": "9999999999999999", "data": data} if status == 200 else {**problem, "status": status}

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    await screen.page.route("**/api/v1/topics/sessions", answer)
    await screen.visit()
    await screen.is_live()


async def _full(screen: Screen, language: str) -> None:
    await _shows(screen, _sessions(language))
    await expect(screen.items().first).to_be_visible()


async def _empty(screen: Screen, language: str) -> None:
    await _shows(screen, [])
    await expect(screen.part("no-sessions")).to_be_visible()


async def _error(screen: Screen, language: str) -> None:
    await _shows(screen, None, status=403)
    await expect(screen.part("list-problem")).to_be_visible()


async def _searching(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.part("list-search").fill({"en-GB": "an", "ru-RU": "ан"}[language])


async def _nothing(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.part("list-search").fill("submarine")
    await expect(screen.part("nothing-found")).to_be_visible()


async def _filters(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.part("list-filter").click()
    for number in (1, 5):
        await screen.part("list-filters").get_by_role("checkbox").nth(number).check()


async def _filtered(screen: Screen, language: str) -> None:
    await _filters(screen, language)
    await screen.page.keyboard.press("Escape")
    await expect(screen.part("list-filters")).to_be_hidden()


async def _selected(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.items().first.focus()
    await screen.page.keyboard.press("x")
    for _ in range(2):
        await screen.page.keyboard.press("Shift+ArrowDown")


async def _menu(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.items().nth(3).click(button="right")
    await expect(screen.page.get_by_role("menuitem").first).to_be_visible()


async def _renaming(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.items().nth(2).focus()
    await screen.page.keyboard.press("e")
    await expect(screen.part("list-rename")).to_be_focused()


async def _tags(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.items().nth(2).focus()
    await screen.page.keyboard.press("t")
    await expect(screen.part("tag-input")).to_be_focused()


async def _deleted(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.items().nth(1).focus()
    await screen.page.keyboard.press("Delete")
    await expect(screen.part("notice")).to_be_visible()


async def _offline(screen: Screen, language: str) -> None:
    await _full(screen, language)
    await screen.context.set_offline(True)
    await screen.page.evaluate("document.querySelector('atrium-app').hub.connection.start()")
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")


SCENES: dict[str, Scene] = {
    "list-full": Scene(_full),
    "list-empty": Scene(_empty),
    "list-error": Scene(_error),
    "list-offline": Scene(_offline),
    "list-searching": Scene(_searching),
    "list-nothing": Scene(_nothing),
    "list-filters": Scene(_filters),
    "list-filtered": Scene(_filtered),
    "list-selected": Scene(_selected),
    "list-menu": Scene(_menu),
    "list-renaming": Scene(_renaming),
    "list-tags": Scene(_tags),
    "list-deleted": Scene(_deleted),
}
