"""Ways through the page: signing in, the narrow screen, the keyboard."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.marks import IN_BROWSER, SHARED
from tests.e2e.screens import NARROW, Screen, cue, login_link, new_session, screen_of
from tests.e2e.stage import BEGINNING
from tests.faults.daemon import Daemon

pytestmark = [SHARED, *IN_BROWSER]


async def test_a_login_link_works_once(browser: Browser, daemon: Daemon) -> None:
    link = await login_link(daemon)
    async with screen_of(browser, daemon) as ann, screen_of(browser, daemon) as eve:
        await ann.page.goto(link)
        await ann.is_live()
        assert ann.page.url == f"{daemon.url}/"
        assert await ann.page.evaluate("history.length") <= 2

        await eve.page.goto(link)
        await expect(eve.part("sign-in")).to_be_visible()
        await expect(eve.part("sign-in")).to_contain_text("atrium open")
        await expect(eve.part("sign-in").get_by_role("alert")).to_be_visible()
        await eve.picture("link used twice")
        assert await eve.context.cookies() == []


async def test_without_a_login_the_page_says_what_to_do(browser: Browser, daemon: Daemon) -> None:
    session_id = await new_session(daemon, "private", title="Secret title")
    async with screen_of(browser, daemon) as eve:
        await eve.visit(f"/sessions/{session_id}")
        await expect(eve.part("sign-in")).to_contain_text("atrium open")
        await eve.picture("signed out")
        assert "Secret title" not in await eve.page.content()
        await eve.page.goto(await login_link(daemon))
        await eve.item("Secret title").click()
        await eve.answers("private")


async def test_the_login_outlives_the_hub(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        await ann.sign_in()
        [cookie] = await ann.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        daemon.kill()
        daemon.start()
        await daemon.healthy()
        await ann.is_live()
        await ann.page.reload()
        await ann.is_live()


async def fits(screen: Screen) -> None:
    """Check that nothing is wider than the window."""
    widths = await screen.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1]


@pytest.mark.parametrize("width", [390, 320])
async def test_a_narrow_screen_shows_one_room_at_a_time(browser: Browser, daemon: Daemon, width: int) -> None:
    async with screen_of(browser, daemon, (width, NARROW[1])) as phone:
        await new_session(daemon, "a message " * 40, "half phone", title="Garden " * 12)
        await new_session(daemon, "x" * 500, title="W" * 120)
        await phone.sign_in()
        await expect(phone.items()).to_have_count(2)
        await expect(phone.part("composer")).to_be_hidden()
        await fits(phone)
        await phone.picture(f"list {width}")

        await phone.item("Garden").click()
        await phone.answers(BEGINNING.strip())
        await expect(phone.items().first).to_be_hidden()
        await expect(phone.part("composer")).to_be_in_viewport()
        await fits(phone)
        await phone.picture(f"conversation {width}")
        await phone.part("cancel").click()
        await expect(phone.part("turn").last).to_have_attribute("data-status", "cancelled")
        await phone.send("typed with one thumb")
        await phone.answers("typed with one thumb")

        await phone.page.get_by_role("link", name="Sessions").click()
        await expect(phone.items()).to_have_count(2)
        await phone.page.go_back()
        await phone.answers("typed with one thumb")
        await phone.page.go_back()
        await phone.item("WWWW").click()
        await fits(phone)
        await phone.picture(f"long words {width}")
        assert phone.complaints == []


async def test_the_keyboard_is_enough(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        await new_session(daemon, "older", title="Older")
        await new_session(daemon, "half keys", title="Newer")
        await ann.sign_in()
        await ann.item("Newer").focus()
        await ann.page.keyboard.press("j")
        await ann.page.keyboard.press("Enter")
        await ann.answers("older")
        await ann.item("Older").focus()
        await ann.page.keyboard.press("k")
        await ann.page.keyboard.press("Enter")
        await ann.answers(BEGINNING.strip())
        await ann.part("composer").focus()
        await ann.page.keyboard.press("Escape")
        await expect(ann.part("turn").last).to_have_attribute("data-status", "cancelled")
        await ann.part("composer").type("first line")
        await ann.page.keyboard.press("Shift+Enter")
        await ann.part("composer").type("second line")
        await ann.page.keyboard.press("Enter")
        await ann.answers(re.compile(r"first line\s*second line"))
        cue(daemon, "keys")
        assert ann.complaints == []
