"""The installed page: it opens while the hub is away, shows what was last seen as such, and forgets it at sign-out."""

import re
import shutil
from pathlib import Path

from playwright.async_api import expect

from tests.conftest import PAGE
from tests.e2e.marks import JOURNEY
from tests.e2e.screens import NARROW, Screen, browser_at, hub_at, new_session, screen_at, screen_of
from tests.faults.daemon import Daemon, daemon_at

pytestmark = JOURNEY

ADDRESSES = """async () => {
    const stores = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    return (await Promise.all(stores.map((store) => store.keys()))).flat().map(({ url }) => url);
}"""
KEPT = """async (path) => {
    while (!(await caches.match(path, { cacheName: "atrium-last-seen" })))
        await new Promise((resolve) => setTimeout(resolve, 50));
}"""


async def page_is_kept(screen: Screen) -> None:
    """Wait until the browser can open the page without the hub."""
    await screen.page.wait_for_function("() => navigator.serviceWorker.controller !== null")


async def has_seen(screen: Screen, session_id: str) -> None:
    """Wait until a session was kept for reading."""
    await screen.page.evaluate(KEPT, f"/last-seen/sessions/{session_id}")
    await screen.page.evaluate(KEPT, "/last-seen/list")


async def test_the_page_can_be_installed(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium, keeps_page=True) as ann:
        await ann.sign_in()
        await page_is_kept(ann)
        devtools = await ann.context.new_cdp_session(ann.page)
        found = await devtools.send("Page.getAppManifest")
        assert found["errors"] == []
        faults = (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"]
        # The test's window is a private one; nothing else is in the way.
        assert [fault["errorId"] for fault in faults] == ["in-incognito"]
        assert ann.complaints == []


async def test_what_was_seen_can_be_read_while_the_hub_is_away(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon, keeps_page=True) as ann,
    ):
        read = await new_session(daemon, "**Peas** bear frost", title="Garden plan")
        other = await new_session(daemon, "never opened", title="Other")
        await ann.sign_in(f"/sessions/{read}")
        await ann.answers("Peas bear frost")
        await page_is_kept(ann)
        await has_seen(ann, read)
        daemon.kill()
        await ann.visit("/")
        await expect(ann.part("connection-state")).to_have_attribute("data-state", "offline")
        await ann.picture("seen list")
        await expect(ann.part("seen-item")).to_have_text([re.compile("Other"), re.compile("Garden plan")])
        await ann.part("seen-item").last.click()
        await ann.answers("Peas bear frost")
        await expect(ann.messages("assistant").locator("strong")).to_have_text("Peas")
        await expect(ann.part("last-seen")).to_contain_text(re.compile(r"As of \d\d:\d\d"))
        await expect(ann.part("composer")).to_have_count(0)
        await ann.picture("last seen")
        await ann.visit(f"/sessions/{other}")
        await expect(ann.part("last-seen")).to_contain_text("was not opened in this browser")

        daemon.start()
        await daemon.healthy()
        await ann.is_live()
        await ann.answers("never opened")
        await expect(ann.part("composer")).to_be_visible()
        await expect(ann.part("last-seen")).to_have_count(0)


async def test_signing_out_forgets_what_was_seen(tmp_path: Path, chromium: str) -> None:
    async with (
        hub_at(tmp_path / "home") as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon, NARROW, keeps_page=True) as ann,
    ):
        session_id = await new_session(daemon, "private words", title="Private")
        await ann.sign_in(f"/sessions/{session_id}")
        await page_is_kept(ann)
        await has_seen(ann, session_id)
        await ann.visit("/settings")
        await ann.page.get_by_role("button", name="Sign out").click()
        await expect(ann.part("sign-in")).to_be_visible()
        assert "atrium-last-seen" not in await ann.page.evaluate("caches.keys()")
        daemon.kill()
        await ann.visit(f"/sessions/{session_id}")
        await expect(ann.part("connection-state")).to_have_attribute("data-state", "offline")
        await expect(ann.part("last-seen")).to_contain_text("Nothing was read in this browser yet")
        kept = (
            "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((c) => c.keys()))))"
        )
        urls = await ann.page.evaluate(f"{kept}.then((all) => all.flat().map((request) => request.url))")
        assert urls
        assert not [url for url in urls if "/api/" in url or "last-seen" in url]


async def test_another_build_is_announced(tmp_path: Path, chromium: str) -> None:
    folder = tmp_path / "page"
    shutil.copytree(PAGE.parent, folder)
    environment = {"ATRIUM_BRIDGE__STATIC_DIR": str(folder)}
    async with (
        daemon_at(tmp_path / "home", environment) as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon, keeps_page=True) as ann,
    ):
        await ann.sign_in()
        await page_is_kept(ann)
        await expect(ann.part("notice")).to_have_count(0)
        _rebuild(folder)
        await _restart(daemon, ann)
        await expect(ann.part("notice")).to_contain_text("A new version of the page is ready")
        async with ann.page.expect_navigation():
            await ann.part("notice").get_by_role("button", name="Reload").click()
        await ann.is_live()
        script = "document.querySelector('script[type=module]').src"
        assert "-renewed" in await ann.page.evaluate(script)
        await expect(ann.part("notice")).to_have_count(0)


def _rebuild(folder: Path) -> None:
    """Give the page's script another name, as a build of changed sources does."""
    index = folder / "index.html"
    html = index.read_text("utf-8")
    found = re.search(r'type="module" [^>]*src="/(assets/[^"]+)\.js"', html)
    assert found is not None
    name = found[1]
    shutil.copy(folder / f"{name}.js", folder / f"{name}-renewed.js")
    index.write_text(html.replace(f"{name}.js", f"{name}-renewed.js"), "utf-8")


async def _restart(daemon: Daemon, screen: Screen) -> None:
    daemon.kill()
    await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")
    daemon.start()
    await daemon.healthy()
    await screen.is_live()


async def test_the_theme_is_there_before_the_first_script(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.context.add_init_script("localStorage.setItem('atrium.theme', 'dark')")
        await ann.context.add_init_script("localStorage.setItem('atrium.contrast', 'more')")
        await ann.page.route("**/assets/*.js", lambda route: route.abort())
        await ann.visit()
        root = "getComputedStyle(document.documentElement)"
        assert await ann.page.evaluate(f"{root}.colorScheme") == "dark"
        assert await ann.page.evaluate("document.documentElement.dataset.contrast") == "more"
        background = await ann.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "oklch(0.12 0 0)"
