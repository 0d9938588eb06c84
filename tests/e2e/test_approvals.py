"""An agent asks: the card in its session, the badge, the inbox, and one answer that closes it on every screen."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, browser_at, hub_at, new_session, screen_of

pytestmark = JOURNEY

AGENT = [sys.executable, str(Path(__file__).parents[1] / "providers" / "scripted_agent.py")]


def with_agent(home: Path) -> Path:
    """Name an agent in the settings of a home."""
    (home / "core").mkdir(parents=True)
    settings = {"version": "1.0.0", "providers": {"coder": {"kind": "acp", "name": "Coder", "command": AGENT}}}
    (home / "core" / "config.json").write_text(json.dumps(settings))
    return home


async def test_a_question_is_answered_where_one_is_and_gone_everywhere(chromium: str, tmp_path: Path) -> None:
    made = tmp_path / "notes" / "made.md"
    made.parent.mkdir()
    async with (
        browser_at(chromium) as browser,
        hub_at(with_agent(tmp_path / "home")) as daemon,
        screen_of(browser, daemon) as desk,
        screen_of(browser, daemon, NARROW) as phone,
    ):
        session_id = await new_session(daemon, f"write {made}", provider="coder")
        await desk.sign_in(f"/sessions/{session_id}")
        await phone.sign_in("/approvals")
        for screen in (desk, phone):
            await expect(screen.part("approval")).to_contain_text(f"Write {made}")
            await expect(screen.part("approval")).to_contain_text("+ written")
        await expect(desk.page.get_by_role("link", name="Approvals 1")).to_be_visible()
        await desk.picture("approval-session")
        await phone.picture("approval-phone")

        await phone.page.get_by_role("button", name="More ways to allow").click()
        await phone.page.get_by_role("menuitem", name=f"Allow in {made.parent}/** for this session").click()
        for screen in (desk, phone):
            await expect(screen.part("approval")).to_have_count(0)
        await expect(desk.page.get_by_role("link", name="Approvals", exact=True)).to_be_visible()
        await expect(phone.page.get_by_text("Allowed by")).to_be_visible()
        await expect(phone.page.get_by_text(f"{made.parent}/**, in one session")).to_be_visible()
        await phone.picture("approvals-phone-after")
        await expect(desk.part("stop-button")).to_have_count(0)
        assert made.read_text() == "written"

        made.unlink()
        await desk.send(f"write {made}")  # the permission covers it
        await expect(desk.messages("user")).to_have_count(2)
        await expect(desk.part("approval")).to_have_count(0)
        await phone.page.get_by_role("button", name="Take back").click()
        await expect(phone.page.get_by_text("Nothing is allowed without asking.")).to_be_visible()
        assert desk.complaints == []
        assert phone.complaints == []


async def test_a_rejection_tells_the_agent_by_the_keyboard_alone(chromium: str, tmp_path: Path) -> None:
    async with (
        browser_at(chromium) as browser,
        hub_at(with_agent(tmp_path / "home")) as daemon,
        screen_of(browser, daemon) as screen,
    ):
        await screen.sign_in("/approvals")
        await expect(screen.page.get_by_text("Nothing waits for you")).to_be_visible()
        await screen.picture("approvals-empty")
        session_id = await new_session(daemon, "ask", provider="coder")
        card = screen.part("approval")
        await expect(card).to_contain_text("sh -c 'rm -r build'")
        await expect(card).to_contain_text("High risk")
        await screen.picture("approval-command")
        await card.get_by_role("button", name="Reject").focus()
        await screen.page.keyboard.press("Enter")
        await screen.page.keyboard.type("use trash instead")
        await screen.page.keyboard.press("Enter")
        await expect(screen.page.get_by_text("Nothing waits for you")).to_be_visible()
        await expect(screen.page.get_by_text("Rejected by")).to_be_visible()
        async with daemon.http() as http:
            [closed] = (await http.get("/approvals/history", params={"sessionId": session_id})).json()["data"]
        assert (closed["status"], closed["message"]) == ("rejected", "use trash instead")
        assert screen.complaints == []
