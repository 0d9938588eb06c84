"""A provider fails: every page says what is tried, and a person lets another one go on."""

import re
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.e2e.marks import JOURNEY, SHARED
from tests.e2e.screens import NARROW, hub_at, new_session, screen_of
from tests.sessions import faltering

pytestmark = [SHARED, *JOURNEY]


async def test_another_provider_goes_on(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "plugins" / "faltering.py").write_bytes(Path(faltering.__file__).read_bytes())
    async with (
        hub_at(home) as daemon,
        screen_of(browser, daemon) as desk,
        screen_of(browser, daemon, NARROW) as phone,
    ):
        session_id = await new_session(daemon, title="Peas", provider="faltering")
        for screen in (desk, phone):
            await screen.sign_in(f"/sessions/{session_id}")
        await desk.send("later")
        for screen in (desk, phone):
            await expect(screen.part("retrying")).to_contain_text(
                re.compile(r"no route to it\. Trying again in \d+ s\.")
            )
        await desk.picture("provider-retrying")

        await expect(phone.part("switch-provider")).to_have_text("Continue with Echo")
        await phone.part("provider-menu").click()
        await phone.page.get_by_role("menuitem", name="Stage").click()
        for screen in (desk, phone):
            await expect(screen.part("provider-change")).to_have_text("Stage answers from here on.")
            await expect(screen.part("retrying")).to_have_count(0)
            await screen.answers("later")
            await expect(screen.part("provider-menu")).to_have_accessible_name(re.compile("Stage answers"))

        await desk.part("provider-menu").click()
        await desk.page.get_by_role("menuitem", name="Faltering").click()
        await expect(phone.part("provider-menu")).to_have_accessible_name(re.compile("Faltering answers"))
        await desk.send("never")
        for screen in (desk, phone):
            await expect(screen.part("turn-break")).to_contain_text("The key is no good.")
            await expect(screen.part("open-provider")).to_have_attribute("href", "/providers/faltering")
        await phone.picture("provider-failed")
        await expect(phone.part("switch-provider")).to_have_text("Continue with Echo")
        await phone.part("switch-provider").click()
        for screen in (desk, phone):
            await screen.answers("never")
            await expect(screen.part("provider-change").last).to_have_text("Echo answers from here on.")
        assert desk.complaints == phone.complaints == []
