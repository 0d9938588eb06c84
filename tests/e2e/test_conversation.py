"""A conversation: found in, written anew, begun on one screen and sent from another, through breaks of all kinds."""

import re
from pathlib import Path

from playwright.async_api import FilePayload, Response, expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, Screen, browser_at, cue, hub_at, new_session, screen_at, screen_of
from tests.e2e.stage import BEGINNING, END

pytestmark = JOURNEY

HALF, WHOLE = BEGINNING.strip(), BEGINNING + END
CODE = "\n".join(f"line_{number} = {number}" for number in range(60))


async def count_is(screen: Screen, text: str | re.Pattern[str]) -> None:
    await expect(screen.part("find-count")).to_have_text(text)


async def scrolled(screen: Screen) -> int:
    """Return how far the conversation is scrolled."""
    return int(await screen.page.locator("atrium-timeline .scroller").evaluate("element => element.scrollTop"))


def is_saving(response: Response) -> bool:
    """Whether a draft was stored by this."""
    return response.request.method == "PUT" and response.url.endswith("/draft") and response.ok


async def test_what_is_far_up_is_found_and_left_again(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        many = [f"message {number} about **peas** and beans" for number in range(140)]
        folded = f"```python\n{CODE}\nneedle = 'in folded code'\n```"
        session_id = await new_session(ann.daemon, "the first word is zucchini", folded, *many)
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.answers("message 139 about peas and beans")
        before = await scrolled(ann)
        await ann.page.keyboard.press("Control+f")
        await ann.part("find").fill("Zucchini")
        await count_is(ann, "2 of 2")
        await expect(ann.part("turn").first).to_contain_text("the first word is zucchini")
        await expect(ann.part("turn").first).to_be_in_viewport()
        await ann.page.keyboard.press("Enter")
        await count_is(ann, "1 of 2")
        await ann.page.keyboard.press("Shift+Enter")
        await count_is(ann, "2 of 2")
        await ann.part("find").fill("in folded code")
        await count_is(ann, "1 of 2")
        await ann.part("find-next").click()
        await count_is(ann, "2 of 2")
        await expect(ann.messages("assistant").filter(has_text="in folded code")).to_be_in_viewport()
        await expect(ann.page.locator("figure.folded")).to_have_count(0)
        await expect(ann.messages("user").filter(has_text="in folded code").locator("figure")).to_have_count(1)
        await ann.part("find").fill("about peas")
        await count_is(ann, re.compile(r"\d+ of 140"))
        await ann.part("find").fill("turnips")
        await count_is(ann, "Not found")
        await ann.part("find").fill("zucchini")
        await expect(ann.part("turn").first).to_be_in_viewport()
        await expect(ann.page.locator("figure")).to_have_count(2)
        await expect(ann.page.locator("figure.folded")).to_have_count(0)
        await ann.page.keyboard.press("Escape")
        await expect(ann.part("find")).to_be_hidden()
        await expect(ann.messages("assistant").last).to_have_text("message 139 about peas and beans")
        await expect(ann.messages("assistant").last).to_be_in_viewport()
        assert abs(await scrolled(ann) - before) < 2 or before < await scrolled(ann)
        await expect(ann.part("composer")).to_be_focused()
        assert ann.complaints == []


async def test_a_message_is_asked_in_other_words_in_a_copy(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, "plant peas", "plant bens", title="Garden")
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.answers("plant bens")
        await ann.part("composer").fill("a draft of mine")
        await ann.part("turn").last.hover()
        await ann.part("edit").last.click()
        await expect(ann.part("composer")).to_have_value("plant bens")
        await ann.page.keyboard.press("Escape")
        await expect(ann.part("editing")).to_be_hidden()
        await expect(ann.part("composer")).to_have_value("a draft of mine")
        await ann.part("composer").fill("")
        await ann.part("composer").press("ArrowUp")
        await expect(ann.part("editing")).to_be_visible()
        await ann.send("plant beans")
        await expect(ann.page).not_to_have_url(re.compile(session_id))
        await ann.answers("plant beans")
        assert [text.strip() for text in await ann.messages("assistant").all_inner_texts()] == [
            "plant peas",
            "plant beans",
        ]
        await ann.part("copy-of").click()
        await ann.answers("plant bens")
        await ann.part("turn").last.hover()
        await ann.part("ask-again").click()
        await expect(ann.messages("assistant")).to_have_count(3)
        await ann.answers("plant bens")
        assert ann.complaints == []


async def test_what_is_begun_here_is_finished_there(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
        screen_of(browser, daemon) as ben,
    ):
        session_id = await new_session(daemon, "hello", title="Shared")
        for screen in (ann, ben):
            await screen.sign_in(f"/sessions/{session_id}")
            await screen.answers("hello")
        await ann.part("composer").fill("begun on the desk")
        await expect(ben.part("composer")).to_have_value("begun on the desk")
        await ben.part("composer").fill("begun on the desk, finished on the phone")
        await expect(ann.part("composer")).to_have_value("begun on the desk, finished on the phone")
        await ben.part("composer").press("Enter")
        for screen in (ann, ben):
            await screen.answers("begun on the desk, finished on the phone")
            await expect(screen.part("composer")).to_have_value("")

        await ann.context.set_offline(True)
        await ann.page.evaluate("document.querySelector('atrium-app').hub.connection.start()")
        await expect(ann.part("connection-state")).to_have_attribute("data-state", "offline")
        await ann.part("composer").fill("written without a network")
        async with ben.page.expect_response(is_saving):
            await ben.part("composer").fill("written meanwhile")
        await ann.context.set_offline(False)
        await ann.is_live()
        await expect(ann.part("other-draft")).to_be_visible()
        await expect(ann.part("composer")).to_have_value("written without a network")
        async with ann.page.expect_response(is_saving):
            await ann.part("keep-draft").click()
        await ben.page.reload()
        await expect(ben.part("composer")).to_have_value("written without a network")


async def claims_nothing(screen: Screen) -> None:
    """See that a screen without a hub calls nothing running."""
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")
    await expect(screen.part("queue")).to_contain_text("queued in the hub when the connection broke")
    await expect(screen.part("cancel")).to_be_hidden()
    await expect(screen.part("turn").first).not_to_contain_text("Answering")


async def test_what_waits_is_told_truly_and_can_be_taken_back(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
        screen_of(browser, daemon) as ben,
    ):
        session_id = await new_session(daemon, "half queue", "one", "two", "three")
        for screen in (ann, ben):
            await screen.sign_in(f"/sessions/{session_id}")
            await screen.answers(HALF)
            await expect(screen.part("queue")).to_contain_text("3 messages")
        await ann.part("queue").get_by_test_id("withdraw").nth(0).click()
        await expect(ben.part("queue")).to_contain_text("2 messages")
        await ann.part("queue").get_by_test_id("edit-queued").nth(0).click()
        await expect(ann.part("composer")).to_have_value("two")
        await expect(ben.part("queue")).to_contain_text("1 message")
        await ann.send("two, in other words")
        await expect(ben.part("queue")).to_contain_text("2 messages")

        await ann.part("composer").fill("being written")
        await ann.page.keyboard.press("Escape")
        await expect(ann.part("escape-again")).to_be_visible()
        await expect(ann.part("turn").first).to_have_attribute("data-status", "running")

        daemon.kill()
        for screen in (ann, ben):
            await claims_nothing(screen)
        await ann.send("written while the hub was away")
        await ann.send("and taken back")
        await expect(ann.part("unsent")).to_have_count(2)
        await ann.part("unsent").last.get_by_test_id("withdraw").click()
        await expect(ann.part("unsent")).to_have_count(1)
        await ann.picture("queue away")

        daemon.start()
        await daemon.healthy()
        for screen in (ann, ben):
            await screen.is_live()
            await expect(screen.part("queue")).to_contain_text("until you retry or leave the interrupted answer")
            await expect(screen.part("queue")).to_contain_text("3 messages")
        await ben.part("retry").click()
        cue(daemon, "queue")
        for screen in (ann, ben):
            await screen.answers("written while the hub was away")
            await expect(screen.part("queue")).to_be_hidden()
            said = [text.strip() for text in await screen.messages("assistant").all_inner_texts()]
            assert said[-4:] == [WHOLE, "three", "two, in other words", "written while the hub was away"]


async def test_text_files_are_quoted_and_others_refused_in_words(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, "hello")
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.answers("hello")
        text = FilePayload(name="beds.py", mimeType="text/x-python", buffer=b"beds = 2\n")
        picture = FilePayload(name="bed.png", mimeType="image/png", buffer=b"\x89PNG")
        await ann.page.locator("atrium-composer input[type=file]").set_input_files([text, picture])
        await expect(ann.part("not-attached")).to_contain_text("Stage takes no images.")
        await expect(ann.part("composer")).to_have_value("`beds.py`\n\n```py\nbeds = 2\n```\n\n")
        await ann.part("composer").press("Enter")
        await expect(ann.messages("assistant").last.locator("pre")).to_have_text("beds = 2")
        drop = "element => { const data = new DataTransfer(); data.items.add(new File(['dropped'], 'notes.txt')); "
        drop += "element.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, composed: true})) }"
        await ann.page.locator("atrium-timeline").evaluate(drop)
        await expect(ann.part("composer")).to_have_value("`notes.txt`\n\n```txt\ndropped\n```\n\n")
        assert ann.complaints == []


async def test_on_glass_enter_is_a_new_line_and_the_button_sends(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path / "home") as daemon, browser_at(chromium) as browser:
        session_id = await new_session(daemon, "plant peas")
        context = await browser.new_context(
            viewport={"width": NARROW[0], "height": NARROW[1]}, has_touch=True, is_mobile=True
        )
        await context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
        ann = Screen(daemon, context, await context.new_page())
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.part("composer").fill("plant")
        await ann.part("composer").press("Enter")
        await ann.page.keyboard.type("beans")
        await expect(ann.part("composer")).to_have_value("plant\nbeans")
        await ann.part("send").tap()
        await expect(ann.messages("user").last).to_contain_text(re.compile(r"plant\sbeans"))
        assert ann.complaints == []
        await context.close()


async def test_what_could_not_be_sent_is_sent_though_its_session_was_left(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, "plant peas", title="Garden")
        await new_session(ann.daemon, "write a poem", title="Poem")
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.answers("plant peas")
        await ann.context.set_offline(True)
        await expect(ann.part("connection-state")).not_to_have_attribute("data-state", "live")
        await ann.send("plant beans")
        await ann.item("Poem").click()
        await ann.context.set_offline(False)
        await ann.is_live()
        path = f"/sessions/{session_id}/events"
        async with ann.daemon.http() as http, http.stream("GET", path, params={"follow": "true"}) as events:
            async for line in events.aiter_lines():
                if "plant beans" in line:
                    break
        await ann.item("Garden").click()
        await ann.answers("plant beans")
        await expect(ann.messages("user")).to_have_count(2)
