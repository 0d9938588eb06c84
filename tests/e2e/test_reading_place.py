"""Where the reader is in a conversation: nothing but the reader moves it, whatever grows below."""

from pathlib import Path

from playwright.async_api import Locator, expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import Screen, cue, new_session, screen_at
from tests.e2e.stage import BEGINNING, END

pytestmark = JOURNEY

PARAGRAPHS = "\n\n".join(f"Paragraph {number} about peas, beans and the weather of the week." for number in range(6))
MANY = [f"message {number}\n\n{PARAGRAPHS}" for number in range(40)]
LONG = "\n\n".join(f"Line {number} of a long message." for number in range(80))
CODE = "```python\n" + "\n".join(f"line_{number} = {number}" for number in range(60)) + "\n```\nLine 79"
"""Code is coloured and folded after it was drawn: its height changes twice."""


async def scroll_up(ann: Screen) -> None:
    """Scroll a screen and a half up."""
    await ann.page.locator("atrium-timeline .scroller").hover()
    await ann.page.mouse.wheel(0, -1_200)
    await expect(ann.part("jump-to-latest")).to_be_visible()


async def reader_up(ann: Screen) -> Locator:
    """Scroll up, and return the answer that is at the top of the view then."""
    await scroll_up(ann)
    words = await ann.messages("assistant").evaluate_all(
        "all => all.find(one => one.getBoundingClientRect().top > 60).textContent.trim().split('\\n')[0].slice(0, 10)"
    )
    return ann.messages("assistant").filter(has_text=str(words))


async def top_of(message: Locator) -> float:
    box = await message.bounding_box()
    assert box is not None
    return box["y"]


async def test_an_answer_does_not_move_who_reads_further_up(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, *MANY)
        await ann.sign_in(f"/sessions/{session_id}")
        await expect(ann.messages("assistant").last).to_contain_text("message 39")
        reading = await reader_up(ann)
        before = await top_of(reading)
        async with ann.daemon.http() as http:
            for content in ("half go", LONG):
                await http.post(f"/sessions/{session_id}/messages", json={"content": content})
        item = ann.items().first
        await expect(item).to_contain_text("Running")
        cue(ann.daemon, "go")
        await expect(item).not_to_contain_text("Running")
        assert abs(await top_of(reading) - before) < 1
        await ann.part("jump-to-latest").click()
        await expect(ann.messages("assistant").last).to_contain_text("Line 79")
        await expect(ann.part("jump-to-latest")).to_be_hidden()
        assert ann.complaints == []


async def test_who_reads_the_end_stays_there_while_an_answer_grows(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, *MANY[:5])
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.send("half go")
        await expect(ann.messages("assistant").last).to_have_text(BEGINNING.strip())
        cue(ann.daemon, "go")
        await ann.answers(BEGINNING + END)
        await ann.send(LONG)
        await expect(ann.messages("assistant").last.get_by_text("Line 79")).to_be_in_viewport()
        await expect(ann.part("jump-to-latest")).to_be_hidden()
        assert ann.complaints == []


async def test_a_long_message_brings_its_writer_from_further_up_to_its_end(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, *MANY)
        await ann.sign_in(f"/sessions/{session_id}")
        await expect(ann.messages("assistant").last).to_contain_text("message 39")
        for long in (LONG, CODE):
            await scroll_up(ann)
            await ann.send(long)
            await expect(ann.messages("assistant").last.get_by_text("Line 79")).to_be_in_viewport()
            await expect(ann.part("jump-to-latest")).to_be_hidden()
        assert ann.complaints == []


async def test_a_conversation_is_read_with_keys_from_wherever_the_focus_was(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, *MANY[:20])
        await ann.sign_in(f"/sessions/{session_id}")
        await expect(ann.messages("assistant").last).to_contain_text("message 19")
        await ann.part("quote").last.focus()
        first = ann.messages("assistant").filter(has_text="message 0")
        for _ in range(400):  # a page of it is scrolled smoothly: what is pressed meanwhile may count for nothing
            await ann.page.keyboard.press("PageUp")
            if await first.count():
                break
            await ann.page.evaluate("() => new Promise(requestAnimationFrame)")
        await expect(first).to_be_visible()
        await ann.page.keyboard.press("End")
        await expect(ann.messages("assistant").last).to_contain_text("message 19")
        assert ann.complaints == []


async def test_everything_is_found_from_a_room_that_came_first(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await new_session(ann.daemon, "plant peas", title="Garden")
        await ann.sign_in()
        await ann.visit("/settings")
        await ann.is_live()
        palette = ann.part("palette")
        for wanted in ("Garden", "New session", "Go to Approvals", "Go to Usage"):
            await ann.page.keyboard.press("Control+k")
            await palette.get_by_role("combobox").fill(wanted)
            await expect(palette.get_by_role("option").first).to_contain_text(wanted)
            await ann.page.keyboard.press("Escape")
            await expect(palette).to_be_hidden()
        await ann.page.keyboard.press("g")
        await ann.page.keyboard.press("a")
        await expect(ann.page).to_have_url(f"{ann.daemon.url}/approvals")
        assert ann.complaints == []
