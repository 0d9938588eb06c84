"""The first minute: from the login link to the first answer, and what is said when the link does not sign in."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, WIDE, Screen, browser_at, hub_at, login_link, new_session, screen_at, screen_of
from tests.faults.daemon import daemon_at

pytestmark = JOURNEY


async def _asks(screen: Screen) -> list[str]:
    """Return what the page wants to be told: the labels of its fields."""
    fields = screen.page.locator("input, textarea, select")
    return [
        await field.evaluate("field => field.labels?.[0]?.textContent.trim() ?? ''") for field in await fields.all()
    ]


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_from_the_link_to_the_first_answer(tmp_path: Path, chromium: str, size: tuple[int, int]) -> None:
    async with screen_at(tmp_path / "home", chromium, size, welcomed=False) as ann:
        await ann.sign_in()
        await expect(ann.part("welcome")).to_be_visible()
        assert await _asks(ann) == ["What shall it do first?"]
        await expect(ann.part("try")).to_have_count(3)
        await expect(ann.part("welcome").get_by_role("status").first).to_contain_text("Ready: Stage")
        await ann.picture("welcome")
        await ann.part("first-question").fill("What grows in the shade?")
        await ann.part("first-question").press("Enter")
        await ann.answers("What grows in the shade?")
        await expect(ann.messages("user")).to_have_count(1)
        await ann.visit("/")
        await ann.is_live()
        await expect(ann.item("What grows in the shade?")).to_be_visible()
        assert ann.complaints == []


async def test_a_suggestion_is_one_click(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium, welcomed=False) as ann:
        await ann.sign_in()
        await ann.part("try").last.click()
        await ann.answers(re.compile("sky"))
        await ann.page.go_back()
        await expect(ann.part("welcome")).to_be_hidden()
        assert ann.complaints == []


async def test_who_has_sessions_or_was_led_once_is_not_led(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path / "home") as daemon, browser_at(chromium) as browser:
        async with screen_of(browser, daemon, welcomed=False) as ann:
            await ann.sign_in()
            await ann.page.get_by_role("link", name="Go to the sessions").click()
            await expect(ann.part("no-sessions")).to_be_visible()
            await ann.page.reload()
            await ann.is_live()
            await expect(ann.part("no-sessions")).to_be_visible()
        await new_session(daemon, "mine", title="Mine")
        async with screen_of(browser, daemon, welcomed=False) as ben:
            await ben.sign_in()
            await expect(ben.item("Mine")).to_be_visible()
            assert ben.page.url == f"{daemon.url}/"


async def test_a_hub_without_a_model_says_why_and_shows_one_that_comes(tmp_path: Path, chromium: str) -> None:
    model = tmp_path / "later.gguf"
    environment = {"ATRIUM_PROVIDERS__ECHO__ENABLED": "false", "ATRIUM_PROVIDERS__LOCAL__MODEL": str(model)}
    async with (
        daemon_at(tmp_path / "home", environment) as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon, welcomed=False) as ann,
    ):
        await ann.sign_in()
        status = ann.part("welcome").get_by_role("status").first
        await expect(status).to_contain_text("No model can answer yet")
        await expect(status).to_contain_text("later.gguf")
        await expect(status).to_contain_text("As soon as one can, it is shown here.")
        await expect(ann.part("try").first).to_be_disabled()
        await ann.picture("no model")
        model.touch()
        await expect(status).to_contain_text("Ready: Local model")
        await expect(ann.part("try").first).to_be_enabled()


async def test_without_a_link_the_page_says_how_to_get_one(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.visit("/sessions/somewhere")
        await expect(ann.part("sign-in")).to_contain_text("atrium open")
        await expect(ann.part("sign-in")).to_have_attribute("data-state", "none")
        await ann.page.get_by_role("button", name="Русский").click()
        await expect(ann.page.get_by_role("heading", level=1)).to_have_text("В этом браузере вход не выполнен")  # noqa: RUF001
        await ann.picture("sign in")


async def test_a_link_works_once(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
        screen_of(browser, daemon) as eve,
    ):
        link = await login_link(daemon)
        await ann.page.goto(link)
        await ann.is_live()
        await eve.page.goto(link)
        await expect(eve.part("sign-in")).to_have_attribute("data-state", "refused")
        await expect(eve.page.get_by_role("heading", level=1)).to_have_text("This link does not work any more")
        await expect(eve.part("sign-in")).to_contain_text("atrium open")
        await eve.picture("link used")
        await eve.page.goto(await login_link(daemon))
        await eve.is_live()


async def test_a_link_that_was_not_heard_is_kept(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        link = await login_link(ann.daemon)
        await ann.page.route("**/api/v1/auth/login", lambda route: route.abort())
        await ann.page.goto(link)
        await expect(ann.part("sign-in")).to_have_attribute("data-state", "unreachable")
        assert "#code" not in ann.page.url
        await ann.picture("hub away")
        await ann.page.unroute("**/api/v1/auth/login")
        await ann.page.get_by_role("button", name="Check again").click()
        await ann.is_live()
