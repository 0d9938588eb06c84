"""The list of sessions: by keyboard alone, in two tabs, in selections, with a way back, with ten thousand of them."""

import json
import re
from pathlib import Path

from playwright.async_api import Locator, Page, Route, expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, Screen, browser_at, hub_at, new_session, screen_at, screen_of
from tests.faults.daemon import Daemon

pytestmark = JOURNEY

MANY = 10_000


async def session_of(daemon: Daemon, session_id: str) -> dict[str, object]:
    """Return a session as the hub has it."""
    async with daemon.http() as http:
        return dict((await http.get(f"/sessions/{session_id}")).json()["data"])


def headings(screen: Screen) -> Locator:
    return screen.part("session-list").get_by_role("heading")


async def press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


async def pin_and_tag(ann: Screen) -> None:
    """Pin the session under the cursor and give it a tag, by keys."""
    await press(ann.page, "p")
    await expect(headings(ann)).to_have_text(["Pinned", "Today"])
    await expect(ann.items().first).to_be_focused()
    await press(ann.page, "t")
    await expect(ann.part("tag-input")).to_be_focused()
    await ann.page.keyboard.type("home")
    await press(ann.page, "Enter", "Enter")
    await expect(ann.part("tag-input")).to_be_hidden()


async def test_the_keyboard_creates_finds_opens_renames_pins_deletes_and_takes_back(
    tmp_path: Path, chromium: str
) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        keyboard = ann.page.keyboard
        other = await new_session(ann.daemon, title="Lease")
        await ann.sign_in()
        await expect(ann.items()).to_have_count(1)
        await press(ann.page, "n")
        await expect(ann.part("composer")).to_be_focused()
        await keyboard.type("Plan the garden")
        await press(ann.page, "Enter")
        await ann.answers("Plan the garden")
        await expect(ann.items()).to_have_count(2)

        await ann.page.get_by_role("link", name="Sessions").focus()
        await press(ann.page, "/")
        await expect(ann.part("list-search")).to_be_focused()
        await keyboard.type("leas")
        await expect(ann.items()).to_have_count(1)
        await press(ann.page, "Enter")
        await expect(ann.page).to_have_url(re.compile(f"/sessions/{other}$"))

        await ann.page.get_by_role("link", name="Sessions").focus()
        await press(ann.page, "/", "Escape", "Escape")
        await expect(ann.items()).to_have_count(2)
        await expect(ann.item("garden")).to_be_focused()
        await press(ann.page, "j", "e")
        await expect(ann.part("list-rename")).to_be_focused()
        await keyboard.type("Lease of the flat")
        await press(ann.page, "Enter")
        await expect(ann.item("Lease of the flat")).to_be_focused()
        await expect(ann.page.get_by_role("heading", name="Lease of the flat")).to_be_visible()

        await pin_and_tag(ann)
        await press(ann.page, "Delete")
        await expect(ann.items()).to_have_count(1)
        await expect(ann.item("garden")).to_be_focused()
        await press(ann.page, "z")
        await expect(ann.items()).to_have_text([re.compile("Lease of the flat"), re.compile("garden")])
        await expect(ann.page).to_have_url(re.compile(f"/sessions/{other}$"))
        told = await session_of(ann.daemon, other)
        assert told["metadata"] == {"title": "Lease of the flat", "tags": ["home"]}
        assert told["pinned"] is True
        assert ann.complaints == []


async def test_several_are_selected_and_deleted_together(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
        screen_of(browser, daemon) as ben,
    ):
        for title in ("One", "Two", "Three", "Four"):
            await new_session(daemon, title=title)
        for screen in (ann, ben):
            await screen.sign_in()
            await expect(screen.items()).to_have_count(4)
        await ann.items().first.focus()
        await press(ann.page, "x", "Shift+ArrowDown")
        await expect(ann.part("selection")).to_contain_text("2 selected")
        await ann.items().nth(2).click(button="right")
        await expect(ann.page.get_by_role("menuitem")).to_have_count(5)
        await press(ann.page, "Escape")
        await ann.items().first.click(button="right")
        await ann.page.get_by_role("menuitem", name="Delete 2 sessions").click()
        await expect(ann.part("selection")).to_be_hidden()
        await expect(ann.items()).to_have_count(2)
        await expect(ben.items()).to_have_count(4)
        await ann.part("notice").get_by_role("button", name="Undo").click()
        await expect(ann.items()).to_have_count(4)

        await ann.items().first.focus()
        await press(ann.page, "Control+a", "Delete")
        await expect(ann.part("no-sessions")).to_be_visible()
        await press(ann.page, "/", "j", "x", "e", "t")
        await expect(ben.items()).to_have_count(4)
        await ann.page.reload()
        await expect(ben.items()).to_have_count(0)
        assert (ann.complaints, ben.complaints) == ([], [])


async def test_two_tabs_write_the_same_title(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon) as ann,
    ):
        session_id = await new_session(daemon, title="Before")
        await ann.sign_in(f"/sessions/{session_id}")
        ben = Screen(daemon, ann.context, await ann.context.new_page())
        await ben.visit(f"/sessions/{session_id}")
        await ben.is_live()
        for screen in (ann, ben):
            await screen.part("rename").click()
        await ann.part("rename-input").fill("Ann's")
        await ben.part("rename-input").fill("Ben's")
        await ann.part("rename-input").press("Enter")
        await expect(ben.item("Ann's")).to_be_visible()
        await expect(ben.part("rename-input")).to_have_value("Ben's")
        await ben.part("rename-input").press("Enter")
        await expect(ben.part("title-conflict")).to_contain_text("renamed to “Ann's” on another screen")
        await ben.part("use-mine").click()
        for screen in (ann, ben):
            await expect(screen.items()).to_have_text([re.compile("Ben's")])
            await expect(screen.page.get_by_role("heading", name="Ben's")).to_be_visible()
        # What the browser itself says of the answer 412.
        assert [said for said in ann.complaints + ben.complaints if "412" not in said] == []


async def test_ten_thousand_sessions_are_a_few_rows(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        session_id = await new_session(ann.daemon, title="Real")
        session = await session_of(ann.daemon, session_id)
        sessions = [session | {"id": f"s{n}", "metadata": {"title": f"Session {n}", "tags": []}} for n in range(MANY)]
        body = json.dumps({"revision": "9999999999999999", "data": sessions})

        async def answer(route: Route) -> None:
            await route.fulfill(content_type="application/json", body=body)

        await ann.page.route("**/api/v1/topics/sessions", answer)
        await ann.sign_in()
        await expect(ann.item("Session 9999")).to_be_visible()
        assert await ann.items().count() < 60
        await ann.items().first.focus()
        await press(ann.page, "End")
        await expect(ann.item("Session 0")).to_be_focused()
        await expect(ann.item("Session 0")).to_be_in_viewport()
        assert await ann.items().count() < 60
        await press(ann.page, "/")
        await ann.page.keyboard.type("session 4321")
        await expect(ann.items()).to_have_text([re.compile("Session 4321")])
        assert ann.complaints == []


async def test_a_finger_opens_the_menu_and_selects(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path / "home") as daemon, browser_at(chromium) as browser:
        await new_session(daemon, title="One")
        await new_session(daemon, title="Two")
        context = await browser.new_context(
            viewport={"width": NARROW[0], "height": NARROW[1]}, has_touch=True, is_mobile=True
        )
        await context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
        ann = Screen(daemon, context, await context.new_page())
        await ann.sign_in()
        box = await ann.item("Two").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        finger = await context.new_cdp_session(ann.page)
        place = {"x": box["x"] + 100, "y": box["y"] + 20}
        await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [place]})
        await expect(ann.page.get_by_role("menuitem").first).to_be_visible()
        await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await ann.page.get_by_role("menuitem", name="Select").tap()
        await expect(ann.part("selection")).to_contain_text("1 selected")
        await ann.item("One").tap()
        await expect(ann.part("selection")).to_contain_text("2 selected")
        await expect(ann.page).to_have_url(f"{daemon.url}/")
        await ann.part("pin-selected").tap()
        await expect(headings(ann)).to_have_text(["Pinned"])
        assert ann.complaints == []
        await context.close()


async def test_who_answered_last_is_asked_again(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in("/new")
        await expect(ann.part("provider")).to_have_value("stage")
        await ann.part("composer").focus()
        await press(ann.page, "Tab", "Tab")
        await expect(ann.part("provider")).to_be_focused()
        await ann.page.keyboard.type("Echo")
        await press(ann.page, "Tab")
        await ann.page.reload()
        await expect(ann.part("provider")).to_have_value("echo")
        await ann.send("said again")
        await ann.answers("said again")
        async with ann.daemon.http() as http:
            [session] = (await http.get("/sessions")).json()["data"]
        assert session["providerId"] == "echo"
        assert ann.complaints == []
