"""axe looks at every screen, in light and dark, wide and narrow: nothing serious, and no complaint in the console."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.conftest import ROOT
from tests.e2e.scenes_rooms import ANSWER, TITLES
from tests.e2e.screens import NARROW, WIDE, Screen, browser_at, hub_at, login_link, new_session, screen_of
from tests.faults.daemon import Daemon

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(300)]

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, impact, nodes }) =>
        nodes.map(({ target, failureSummary }) => ({ id, impact, where: target.flat().join(" >> "), failureSummary })));
}"""
WEAR = """async (theme) => {
    document.documentElement.dataset.theme = theme;
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""
SERIOUS = {"serious", "critical"}

Visit = Callable[[Screen], Awaitable[None]]


async def faults_of(screen: Screen) -> list[str]:
    """Return what axe finds serious in each theme, in a line each."""
    await screen.page.evaluate("document.fonts.ready.then(() => true)")
    if not await screen.page.evaluate("'axe' in window"):
        await screen.page.evaluate(AXE.read_text("utf-8"))
    faults: list[str] = []
    for theme in ("light", "dark"):
        await screen.page.evaluate(WEAR, theme)
        found: list[dict[str, Any]] = await screen.page.evaluate(RUN)
        serious = [one for one in found if one["impact"] in SERIOUS]
        faults += [f"{theme}: {one['id']} at {one['where']}: {one['failureSummary']}" for one in serious]
    return faults


async def _palette(screen: Screen) -> None:
    await _at("/settings")(screen)
    await screen.page.keyboard.press("Control+k")
    await expect(screen.part("palette").get_by_role("option").first).to_be_visible()


async def _keys(screen: Screen) -> None:
    await _at("/settings")(screen)
    await screen.page.locator("h1:visible, h2:visible").first.click()
    await screen.page.keyboard.press("?")
    await expect(screen.page.get_by_role("dialog")).to_be_visible()


async def _menu(screen: Screen) -> None:
    await screen.visit("/gallery")
    await screen.part("open-menu").click()
    await expect(screen.page.get_by_role("menu")).to_be_visible()


async def _dialog(screen: Screen) -> None:
    await screen.visit("/gallery")
    await screen.part("open-dialog").click()
    await expect(screen.page.get_by_role("dialog")).to_be_visible()


async def _conversation(screen: Screen) -> None:
    await screen.visit("/")
    await screen.item(TITLES["en-GB"][0]).click()
    await expect(screen.messages("assistant").last).to_have_attribute("data-complete", "true")


async def _running(screen: Screen) -> None:
    await screen.visit("/")
    await screen.item(TITLES["en-GB"][3]).click()
    await expect(screen.messages("assistant").last).to_be_visible()


async def _tools(screen: Screen) -> None:
    await screen.visit("/")
    await screen.item("Tools").click()
    await expect(screen.messages("assistant").last).to_have_attribute("data-complete", "true")
    for line in await screen.part("tool-run").all():
        await line.locator("summary").first.click()


def _at(path: str) -> Visit:
    async def go(screen: Screen) -> None:
        await screen.visit(path)
        await screen.is_live()
        await screen.page.wait_for_load_state("networkidle")

    return go


SCREENS: dict[str, Visit] = {
    "list": _at("/"),
    "new": _at("/new"),
    "welcome": _at("/welcome"),
    "approvals": _at("/approvals"),
    "usage": _at("/usage"),
    "settings": _at("/settings"),
    "gallery": _at("/gallery"),
    "nowhere": _at("/nowhere"),
    "conversation": _conversation,
    "running": _running,
    "tools": _tools,
    "palette": _palette,
    "keys": _keys,
    "menu": _menu,
    "dialog": _dialog,
}


async def _fill(daemon: Daemon) -> None:
    titles = TITLES["en-GB"]
    await new_session(daemon, ANSWER, title=titles[0])
    await new_session(daemon, "hostile", title="Tools")
    await new_session(daemon, "half way", title=titles[3])


async def _look(browser: Browser, daemon: Daemon, size: tuple[int, int]) -> list[str]:
    faults: list[str] = []
    async with screen_of(browser, daemon, size) as ann:
        await ann.page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way to another
        await ann.visit()
        await expect(ann.part("sign-in")).to_be_visible()
        faults += [f"sign-in: {fault}" for fault in await faults_of(ann)]
        ann.complaints.clear()  # the browser itself reports the call that was answered "not signed in"
        await ann.page.goto(await login_link(daemon))
        await ann.is_live()
        for name, visit in SCREENS.items():
            await visit(ann)
            faults += [f"{name}: {fault}" for fault in await faults_of(ann)]
        faults += ann.complaints
    return faults


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_axe_finds_nothing_serious(tmp_path: Path, chromium: str, size: tuple[int, int]) -> None:
    async with hub_at(tmp_path / "home") as daemon, browser_at(chromium) as browser:
        await _fill(daemon)
        assert await _look(browser, daemon, size) == []
