# ruff: noqa: RUF001
"""A conversation in each of its states, for pictures."""

from playwright.async_api import FilePayload, expect

from tests.e2e.scene import Scene
from tests.e2e.screens import Screen, new_session

TITLE = {"en-GB": "Garden plan for spring", "ru-RU": "План сада на весну"}
QUESTION = {
    "en-GB": "Which beds should I plant first, and what goes well together?",
    "ru-RU": "Какие грядки засаживать первыми и что хорошо растёт рядом?",
}
ANSWER = {
    "en-GB": """\
Begin with the **north bed**: peas and spinach bear frost.

| bed | plants | sown |
|---|---|---|
| north | peas, spinach | March |
| south | tomatoes, basil | May |

1. Sow the peas as soon as the ground can be worked.
2. Keep the tomatoes under glass until the nights are above 10 degrees.

```python
beds = {"north": ["peas", "spinach"], "south": ["tomatoes", "basil"]}
for bed, plants in beds.items():
    print(bed, *plants, sep=", ")
```
""",
    "ru-RU": """\
Начните с **северной грядки**: горох и шпинат переносят заморозки.

| грядка | растения | посев |
|---|---|---|
| северная | горох, шпинат | март |
| южная | помидоры, базилик | май |

1. Сейте горох, как только землю можно обрабатывать.
2. Держите помидоры под стеклом, пока ночи не станут теплее 10 градусов.

```python
beds = {"north": ["peas", "spinach"], "south": ["tomatoes", "basil"]}
for bed, plants in beds.items():
    print(bed, *plants, sep=", ")
```
""",
}
NEXT = {
    "en-GB": ("And when do I plant the garlic?", "Write it all down as a calendar", "half reply"),
    "ru-RU": ("А когда сажать чеснок?", "Запишите всё это как календарь", "half reply"),
}
FIND = {"en-GB": "peas", "ru-RU": "горох"}


async def _open(screen: Screen, language: str, *contents: str) -> None:
    session_id = await new_session(screen.daemon, *contents, title=TITLE[language])
    await screen.visit(f"/sessions/{session_id}")
    await screen.is_live()


async def _open_with_echo(screen: Screen, language: str, *contents: str) -> None:
    """Open a session of the provider that thinks, calls tools and fails when it is told to."""
    async with screen.daemon.http() as http:
        body = {"providerId": "echo", "metadata": {"title": TITLE[language]}}
        session_id = str((await http.post("/sessions", json=body)).json()["sessionId"])
        for content in contents:
            await http.post(f"/sessions/{session_id}/messages", json={"content": content})
    await screen.visit(f"/sessions/{session_id}")
    await screen.is_live()


async def _talk(screen: Screen, language: str) -> None:
    await _open(screen, language, QUESTION[language], ANSWER[language], *NEXT[language][:2])
    await expect(screen.messages("assistant")).to_have_count(4)


async def _streaming(screen: Screen, language: str) -> None:
    await _open(screen, language, QUESTION[language], "half picture")
    await expect(screen.part("cancel")).to_be_visible()


async def _tools(screen: Screen, language: str) -> None:
    await _open_with_echo(screen, language, QUESTION[language], "/think 6", "/tool Read", "/tool Bash")
    await expect(screen.part("turn")).to_have_count(4)
    await screen.part("thinking").locator("summary").click()
    await screen.part("tool-call").first.locator("summary").click()


async def _find(screen: Screen, language: str) -> None:
    await _open(screen, language, QUESTION[language], ANSWER[language], *NEXT[language][:2])
    await expect(screen.messages("assistant")).to_have_count(4)
    await screen.page.keyboard.press("Control+f")
    await screen.part("find").fill(FIND[language])
    await expect(screen.part("find-count")).to_contain_text("1 ")


async def _edit(screen: Screen, language: str) -> None:
    await _talk(screen, language)
    await screen.part("composer").press("ArrowUp")
    await expect(screen.part("editing")).to_be_visible()


async def _queue(screen: Screen, language: str) -> None:
    await _open(screen, language, QUESTION[language], "half queue", *NEXT[language])
    await expect(screen.part("queue")).to_be_visible()


async def _offline(screen: Screen, language: str) -> None:
    await _queue(screen, language)
    await screen.context.set_offline(True)
    await screen.page.evaluate("document.querySelector('atrium-app').hub.connection.start()")
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")
    await screen.send(QUESTION[language])
    await expect(screen.part("unsent")).to_be_visible()


async def _failed(screen: Screen, language: str) -> None:
    await _open_with_echo(screen, language, QUESTION[language], "/fail rate_limit")
    await expect(screen.part("turn-break")).to_be_visible()
    await screen.part("composer").fill(NEXT[language][0])


async def _empty(screen: Screen, language: str) -> None:
    await _open(screen, language)


async def _attached(screen: Screen, language: str) -> None:
    await _talk(screen, language)
    chooser = screen.page.locator("atrium-composer input[type=file]")
    text = FilePayload(name="beds.py", mimeType="text/x-python", buffer=b'beds = {"north": ["peas"]}\n')
    picture = FilePayload(name="garden.png", mimeType="image/png", buffer=b"\x89PNG")
    await chooser.set_input_files([text, picture])
    await expect(screen.part("not-attached")).to_be_visible()


SCENES: dict[str, Scene] = {
    "talk": Scene(_talk),
    "streaming": Scene(_streaming),
    "tools": Scene(_tools),
    "find": Scene(_find),
    "edit": Scene(_edit),
    "queue": Scene(_queue),
    "away": Scene(_offline),
    "failed": Scene(_failed),
    "nothing": Scene(_empty),
    "attached": Scene(_attached),
}
