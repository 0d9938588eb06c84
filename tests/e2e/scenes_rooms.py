"""Every room of the page, and what lies over it, for pictures."""

from playwright.async_api import expect

from tests.e2e.scene import Scene
from tests.e2e.screens import Screen, login_link, new_session
from tests.e2e.test_offline import has_seen, page_is_kept
from tests.faults.daemon import Daemon

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


async def fill(daemon: Daemon, language: str) -> None:
    """Give a hub some sessions."""
    first, *others, last = TITLES[language]
    for title in others:
        await new_session(daemon, title, title=title)
    await new_session(daemon, ANSWER, title=first)
    await new_session(daemon, "half picture", title=last)


async def go_offline(screen: Screen) -> None:
    """Take the network away, and wait until the page says so."""
    await screen.context.set_offline(True)
    await screen.page.evaluate("document.querySelector('atrium-app').hub.connection.start()")
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")


async def _conversation(screen: Screen, language: str) -> None:
    await screen.item(TITLES[language][0]).last.click()  # other scenes have sessions of that title
    await expect(screen.messages("assistant").last).to_be_visible()


async def _elsewhere(screen: Screen, language: str) -> None:
    await _conversation(screen, language)
    address, browser = screen.page.url, screen.context.browser
    assert browser is not None
    other = await browser.new_context()  # stays until the browser is closed
    page = Screen(screen.daemon, other, await other.new_page())
    await page.sign_in()
    await page.page.goto(address)
    await screen.part("other-devices").click()


async def _running(screen: Screen, language: str) -> None:
    await screen.item(TITLES[language][3]).click()
    await expect(screen.messages("assistant").last).to_be_visible()


async def _palette(screen: Screen, language: str) -> None:
    await screen.page.keyboard.press("Control+k")
    await screen.part("palette").get_by_role("combobox").fill(TITLES[language][1][:3])


async def _keys(screen: Screen, language: str) -> None:
    await screen.page.locator("body").click()
    await screen.page.keyboard.press("?")
    await expect(screen.page.locator("atrium-key-sheet dialog")).to_be_visible()


async def _menu(screen: Screen, language: str) -> None:
    await screen.visit("/gallery")
    await screen.part("open-menu").click()


async def _deleted(screen: Screen, language: str) -> None:
    session_id = await new_session(screen.daemon, ANSWER, title=TITLES[language][1])
    await screen.visit(f"/sessions/{session_id}")
    await screen.is_live()
    if await screen.part("delete").is_visible():
        await screen.part("delete").click()
    else:
        await screen.part("session-menu").click()
        await screen.page.get_by_role("menuitem").last.click()
    await expect(screen.part("notice")).to_be_visible()


async def _offline(screen: Screen, language: str) -> None:
    await _conversation(screen, language)
    await go_offline(screen)


async def _sign_in(screen: Screen, language: str) -> None:
    await screen.visit()
    await expect(screen.part("sign-in")).to_be_visible()


async def _used_link(screen: Screen, language: str) -> None:
    link = await login_link(screen.daemon)
    await screen.page.goto(link)
    await screen.is_live()
    await screen.context.clear_cookies()
    await screen.visit("/health")
    await screen.page.goto(link)
    await expect(screen.part("sign-in")).to_be_visible()


async def _welcome(screen: Screen, language: str) -> None:
    await screen.visit("/welcome")
    await expect(screen.part("try").first).to_be_visible()


async def _see(screen: Screen, language: str) -> None:
    """Read a session while the hub is there, so that it can be read when it is not."""
    await _conversation(screen, language)
    await page_is_kept(screen)
    await has_seen(screen, screen.page.url.rpartition("/")[2])
    await screen.context.set_offline(True)


async def _last_seen(screen: Screen, language: str) -> None:
    await _see(screen, language)
    await screen.page.reload()
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")
    await expect(screen.part("seen-item").first).to_be_attached()


async def _last_seen_list(screen: Screen, language: str) -> None:
    await _see(screen, language)
    await screen.visit("/")
    await expect(screen.part("seen-item").first).to_be_visible()


async def _providers(screen: Screen, language: str) -> None:
    await screen.visit("/providers")
    await screen.part("provider").last.get_by_test_id("details").click()
    await expect(screen.part("provider-details")).to_be_visible()


async def _approvals(screen: Screen, language: str) -> None:
    made = screen.daemon.home / "notes"
    made.mkdir(exist_ok=True)
    await new_session(screen.daemon, f"write {made / 'made.md'}", provider="coder")
    await screen.visit("/approvals")
    await expect(screen.part("approval").first).to_be_visible()


async def _approval_in_session(screen: Screen, language: str) -> None:
    made = screen.daemon.home / "notes"
    made.mkdir(exist_ok=True)
    session_id = await new_session(screen.daemon, f"write {made / 'made.md'}", provider="coder")
    await screen.visit(f"/sessions/{session_id}")
    await expect(screen.part("approval").first).to_be_visible()


def _offline_at(path: str) -> Scene:
    async def go(screen: Screen, language: str) -> None:
        await screen.visit(path)
        await screen.is_live()
        await go_offline(screen)

    return Scene(go)


def _at(path: str) -> Scene:
    async def go(screen: Screen, language: str) -> None:
        await screen.visit(path)
        await screen.is_live()

    return Scene(go)


SCENES: dict[str, Scene] = {
    "list": _at("/"),
    "new": _at("/new"),
    "conversation": Scene(_conversation),
    "elsewhere": Scene(_elsewhere),
    "running": Scene(_running),
    "deleted": Scene(_deleted),
    "palette": Scene(_palette),
    "keys": Scene(_keys),
    "settings": _at("/settings"),
    "nowhere": _at("/nowhere"),
    "providers": Scene(_providers),
    "gallery": _at("/gallery"),
    "menu": Scene(_menu),
    "offline": Scene(_offline),
    "sign-in": Scene(_sign_in, is_signed_in=False),
    "used-link": Scene(_used_link, is_signed_in=False),
    "welcome": Scene(_welcome, welcomed=False),
    "last-seen": Scene(_last_seen, keeps_page=True),
    "last-seen-list": Scene(_last_seen_list, keeps_page=True),
    "no-approvals": _at("/approvals"),
    "usage": _at("/usage"),
    "usage-offline": _offline_at("/usage"),
    "providers-offline": _offline_at("/providers"),
    "approvals": Scene(_approvals),
    "approval-in-session": Scene(_approval_in_session),
}
