"""The page in a real browser that knows the hub by its public name only, over HTTP/2 and TLS."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.network.hub import calls, new_session
from tests.proxies.fronts import FRONTS, NAME
from tests.proxies.visitors import Site, site_behind

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SECONDS = 50


async def is_live(page: Page) -> None:
    state = page.get_by_test_id("connection-state")
    await expect(state).to_have_attribute("data-state", "live", timeout=SECONDS * 1000)


async def sign_in(page: Page, site: Site) -> None:
    """Follow a login link, and open a new session."""
    async with calls(site.hub) as owner:
        url = (await owner.post("/auth/code")).json()["url"]
        session_id = await new_session(owner)
    assert url.startswith(f"https://{NAME}/#code=")
    await page.goto(url)
    await is_live(page)
    await page.goto(f"https://{NAME}/sessions/{session_id}")
    await is_live(page)


@pytest.mark.parametrize("kind", list(FRONTS))
async def test_the_page_works_under_the_public_name(kind: str, tmp_path: Path, chromium: str) -> None:
    async with site_behind(kind, tmp_path) as site, async_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP {NAME}:443 127.0.0.1:{site.front.https}"
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, rules])
        context = await browser.new_context(ignore_https_errors=True)
        page = await context.new_page()
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await sign_in(page, site)
        await page.get_by_test_id("composer").fill("said through the proxy")
        await page.get_by_test_id("composer").press("Enter")
        answer = page.locator('[data-testid="message"][data-role="assistant"]').last
        await expect(answer).to_contain_text("said through the proxy", timeout=SECONDS * 1000)
        await page.reload()
        await is_live(page)
        await expect(answer).to_contain_text("said through the proxy", timeout=SECONDS * 1000)
        (cookie,) = await context.cookies()
        assert (cookie["secure"], cookie["httpOnly"], cookie["domain"]) == (True, True, NAME)
        assert sockets
        assert all(url.startswith(f"wss://{NAME}/api/v1/") for url in sockets)
        await browser.close()
