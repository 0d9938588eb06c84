"""The page from right to left: no language of it is written so yet, but people's words are."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, WIDE, Screen, new_session, screen_at

pytestmark = JOURNEY

HEBREW = "שלום עולם"


async def side(screen: Screen, selector: str) -> str:
    """Return at which side of its place a text stands: `left` or `right`."""
    return str(
        await screen.page.locator(selector).first.evaluate(
            """text => {
                const words = document.createRange();
                words.selectNodeContents(text);
                const [own, place] = [words.getClientRects()[0], text.getBoundingClientRect()];
                return own.left - place.left < place.right - own.right ? "left" : "right";
            }"""
        )
    )


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_page_stands_from_right_to_left(tmp_path: Path, chromium: str, size: tuple[int, int]) -> None:
    async with screen_at(tmp_path / "home", chromium, size) as ann:
        session = await new_session(ann.daemon, "mine", title="Talk")
        await ann.sign_in("/gallery?dir=rtl")
        await expect(ann.page.locator("html")).to_have_attribute("dir", "rtl")
        await ann.page.evaluate(
            "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }",
            f"/sessions/{session}",
        )
        await expect(ann.part("composer")).to_be_visible()
        await ann.send("plain words")
        await ann.answers("plain words")
        await ann.send(HEBREW)
        await ann.answers(HEBREW)
        said = '[data-testid="message"][data-role="user"] .words .text'
        assert await side(ann, said) == "left"
        assert await side(ann, f"{said} >> text={HEBREW}") == "right"
        assert await ann.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await ann.picture("right to left")
