"""What an agent adds to the page: its plan while it works, its models and modes, and why it stopped."""

import json
import sys
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, Screen, browser_at, hub_at, new_session, screen_of
from tests.e2e.test_accessibility import faults_of

pytestmark = JOURNEY

AGENT = [sys.executable, str(Path(__file__).parents[1] / "providers" / "scripted_agent.py")]


async def _choose(desk: Screen, phone: Screen) -> None:
    """Choose a mode on one screen and a model on the other."""
    await phone.part("choose-mode").click()
    await phone.page.get_by_role("menuitem", name="Quick").click()
    for screen in (desk, phone):
        await expect(screen.part("choose-mode")).to_have_accessible_name("Mode: Quick. Choose another")
    await desk.part("choose-model").click()
    await desk.picture("models-desk")
    await desk.page.get_by_role("menuitem", name="Large").click()
    await expect(phone.part("choose-model")).to_contain_text("Large")


async def test_a_plan_a_mode_and_a_stop_are_seen_on_every_screen(chromium: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "core").mkdir(parents=True)
    settings = {"version": "1.0.0", "providers": {"coder": {"kind": "acp", "name": "Coder", "command": AGENT}}}
    (home / "core" / "config.json").write_text(json.dumps(settings))
    async with (
        browser_at(chromium) as browser,
        hub_at(home) as daemon,
        screen_of(browser, daemon) as desk,
        screen_of(browser, daemon, NARROW) as phone,
    ):
        for screen in (desk, phone):
            await screen.page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way to another
        session_id = await new_session(daemon, "plan hold", provider="coder")
        await desk.sign_in(f"/sessions/{session_id}")
        await phone.sign_in(f"/sessions/{session_id}")
        for screen in (desk, phone):
            await expect(screen.part("plan")).to_contain_text("1 of 2 done")
            await expect(screen.part("plan").get_by_role("listitem")).to_have_text(["Done: first", "Now: second"])
            await expect(screen.part("choose-model")).to_have_accessible_name("Model: Small. Choose another")
        await desk.picture("plan-desk")
        await phone.picture("plan-phone")
        assert await faults_of(desk) == await faults_of(phone) == []

        await _choose(desk, phone)

        await desk.part("cancel").click()
        for screen in (desk, phone):
            await expect(screen.part("plan")).to_have_count(0)
            await expect(screen.part("plan-line")).to_contain_text("1 of 2 done")
        await desk.send("model")
        await desk.answers("large")

        await desk.send("run make")
        await phone.page.get_by_role("button", name="Reject").click()
        await phone.page.keyboard.press("Enter")
        for screen in (desk, phone):
            turn = screen.part("turn").last
            await expect(turn).to_contain_text("Coder stopped, because this was not allowed: make.")
            await expect(turn).to_contain_text("make")
        await desk.part("plan-line").locator("summary").click()
        await expect(desk.part("plan-line").get_by_role("listitem")).to_have_count(2)
        await desk.picture("stopped-desk")
        await phone.picture("stopped-phone")
        assert await faults_of(desk) == await faults_of(phone) == []
        assert desk.complaints == phone.complaints == []
