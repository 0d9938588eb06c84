"""A conversation moves to a provider that cannot read all of it: every screen shows how it goes along."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.marks import JOURNEY, SHARED
from tests.e2e.screens import NARROW, hub_at, new_session, screen_of
from tests.sessions import forgetful

pytestmark = [SHARED, *JOURNEY]

LONG = "peas and beans and lentils " * 5


async def test_its_beginning_is_summarised_which_can_be_watched_cancelled_and_read(
    browser: Browser, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "forgetful.py").write_bytes(Path(forgetful.__file__).read_bytes())
    async with (
        hub_at(home) as daemon,
        screen_of(browser, daemon) as desk,
        screen_of(browser, daemon, NARROW) as phone,
    ):
        session_id = await new_session(daemon, title="Peas", provider="echo")
        for screen in (desk, phone):
            await screen.sign_in(f"/sessions/{session_id}")
        async with daemon.http() as http:
            for content in (f"dawdle {LONG}", f"second {LONG}", f"third {LONG}", "fourth"):
                await http.post(f"/sessions/{session_id}/messages", json={"content": content})
        await desk.answers("fourth")
        await desk.part("provider-menu").click()
        await desk.page.get_by_role("menuitem", name="Forgetful").click()
        await expect(desk.part("provider-change")).to_contain_text("Forgetful answers from here on.")

        await desk.send("and now?")
        for screen in (desk, phone):
            await expect(screen.page.get_by_text("Summarising the earlier conversation")).to_be_visible()
        await phone.picture("summarising")
        async with daemon.http() as http:
            await http.post(f"/sessions/{session_id}/cancel", json={})
        for screen in (desk, phone):
            await expect(screen.page.get_by_text("Summarising the earlier conversation")).to_have_count(0)
        assert desk.complaints == phone.complaints == []


async def test_the_summary_opens_where_it_was_made(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "forgetful.py").write_bytes(Path(forgetful.__file__).read_bytes())
    async with hub_at(home) as daemon, screen_of(browser, daemon, NARROW) as phone:
        session_id = await new_session(daemon, title="Peas", provider="echo")
        async with daemon.http() as http:
            for content in (f"first {LONG}", f"second {LONG}", f"third {LONG}"):
                await http.post(f"/sessions/{session_id}/messages", json={"content": content})
        await phone.sign_in(f"/sessions/{session_id}")
        await phone.answers(re.compile("^third"))
        async with daemon.http() as http:
            await http.post(f"/sessions/{session_id}/provider", json={"providerId": "forgetful"})
        await phone.send("and now?")
        await expect(phone.page.get_by_text("I know a summary")).to_be_visible()
        summary = phone.part("summary")
        await expect(summary).to_contain_text("Forgetful reads a summary of the first")
        await summary.locator("summary").click()
        await expect(summary).to_contain_text("In brief: there were questions.")
        await expect(summary).to_contain_text("Written by Forgetful.")
        await phone.picture("summary")
        assert phone.complaints == []
