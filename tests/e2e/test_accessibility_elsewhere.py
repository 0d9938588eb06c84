"""axe looks at the page in Russian, on a phone, and at what is shown when a room fails or the hub is away."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.scenes_rooms import SCENES, fill
from tests.e2e.screens import NARROW, screen_at
from tests.e2e.test_accessibility import faults_of
from tests.e2e.test_approvals import with_agent
from tests.e2e.test_shell import furnish

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(300)]

RUSSIAN = "localStorage.setItem('atrium.language', 'ru')"
ROOMS = (
    "list",
    "conversation",
    "keys",
    "settings",
    "providers",
    "usage",
    "welcome",
    "approvals",
    "approval-in-session",
    "elsewhere",
)


async def test_axe_finds_nothing_serious_in_russian_nor_where_things_fail(tmp_path: Path, chromium: str) -> None:
    faults: list[str] = []
    furnish(with_agent(tmp_path / "home"), "thrower")
    async with screen_at(tmp_path / "home", chromium, NARROW, keeps_page=True) as ann:
        await fill(ann.daemon, "ru-RU")
        await ann.context.add_init_script(RUSSIAN)
        await ann.page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way to another
        await ann.sign_in()
        for name in ROOMS:
            await ann.visit("/")
            await SCENES[name].go(ann, "ru-RU")
            faults += [f"{name}: {fault}" for fault in await faults_of(ann)]
        await ann.visit("/thrower")
        await expect(ann.part("failed-feature")).to_be_visible()
        faults += [f"a room that fails: {fault}" for fault in await faults_of(ann)]
        assert ann.complaints == []
        for name in ("last-seen", "last-seen-list"):
            await ann.context.set_offline(False)
            await ann.visit("/")
            await ann.is_live()
            await SCENES[name].go(ann, "ru-RU")
            faults += [f"{name}: {fault}" for fault in await faults_of(ann)]
    assert faults == []
