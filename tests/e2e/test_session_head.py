"""The head of a session: on which other devices it is open, and what can be done with it where there is little room."""

import asyncio

from playwright.async_api import Browser, expect

from atrium.client import attach
from atrium.client.presence import host
from tests.e2e.marks import JOURNEY, SHARED
from tests.e2e.screens import NARROW, new_session, screen_of
from tests.faults.daemon import Daemon

pytestmark = [SHARED, *JOURNEY]


async def test_each_page_names_the_other_devices(browser: Browser, daemon: Daemon) -> None:
    terminal = f"Terminal on {host()}"
    async with screen_of(browser, daemon) as desk, screen_of(browser, daemon, NARROW) as phone:
        session_id = await new_session(daemon, "peas", title="Garden plan for spring")
        await desk.sign_in(f"/sessions/{session_id}")
        await desk.answers("peas")
        await expect(desk.part("other-devices")).to_have_count(0)

        await phone.sign_in(f"/sessions/{session_id}")
        await expect(desk.part("other-devices")).to_have_accessible_name("Also open: Chrome on Linux")
        await expect(phone.part("other-devices")).to_have_accessible_name("Also open: Chrome on Linux")

        async with attach(daemon.home) as client:
            follower = client.connection.follow(f"sessions/{session_id}", None)
            await follower.started.wait()
            await expect(desk.part("other-devices")).to_contain_text(f"Chrome on Linux, {terminal}")
            await expect(phone.part("other-devices")).to_contain_text("2")
            await desk.picture("presence-desk")
            await phone.part("other-devices").click()
            listed = phone.page.get_by_role("listitem").filter(has_text=terminal)
            await expect(listed).to_be_visible()
            await phone.picture("presence-phone")
            await phone.page.keyboard.press("Escape")
            await expect(listed).to_be_hidden()
        await expect(phone.part("other-devices")).to_have_accessible_name("Also open: Chrome on Linux")

        await phone.context.set_offline(True)
        await asyncio.gather(desk.page.reload(), phone.page.close())
        await expect(desk.messages("assistant").last).to_be_visible()
        await expect(desk.part("other-devices")).to_have_count(0)

        await desk.part("delete").click()
        await expect(desk.part("notice")).to_be_visible()
        notice, composer = await desk.part("notice").bounding_box(), await desk.part("composer").bounding_box()
        assert notice is not None
        assert composer is not None
        assert notice["y"] + notice["height"] < composer["y"], "a notice lies over the composer"
        assert desk.complaints == phone.complaints == []


async def test_a_phone_finds_and_renames_from_the_menu(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon, NARROW) as phone:
        session_id = await new_session(daemon, "peas and spinach", title="Before")
        await phone.sign_in(f"/sessions/{session_id}")
        await phone.answers("peas and spinach")
        for hidden in ("open-find", "rename", "delete"):
            await expect(phone.part(hidden)).to_be_hidden()
        await phone.part("session-menu").click()
        await phone.page.get_by_role("menuitem", name="Find in the conversation").click()
        await phone.part("find").fill("spinach")
        await expect(phone.part("find-count")).to_contain_text("2")
        await phone.page.keyboard.press("Escape")
        await phone.part("session-menu").click()
        await phone.page.get_by_role("menuitem", name="Rename").click()
        await phone.part("rename-input").fill("After")
        await phone.part("rename-input").press("Enter")
        await expect(phone.page.get_by_role("heading", name="After")).to_be_visible()
        assert phone.complaints == []
