"""Screens: pages in a real browser, each with a record of everything it asked for and complained about."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Locator, Page, Request, async_playwright, expect

from tests.e2e import stage
from tests.faults.daemon import Daemon, daemon_at

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_WORKER = "Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })"
WIDE, NARROW = (1280, 800), (390, 844)

expect.set_options(timeout=30_000)


@asynccontextmanager
async def browser_at(path: str) -> AsyncIterator[Browser]:
    """Run a browser for as long as the block lasts."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def hub_at(home: Path, **environment: str) -> AsyncIterator[Daemon]:
    """Run a hub with the provider that speaks on cue, on which many may sign in within a minute."""
    (home / "plugins").mkdir(parents=True, exist_ok=True)
    (home / "cues").mkdir()
    (home / "plugins" / "stage.py").write_bytes(Path(stage.__file__).read_bytes())
    settings = {"ATRIUM_PROVIDERS__DEFAULT": "stage", "ATRIUM_BRIDGE__CODE_ATTEMPTS_PER_MINUTE": "1000"}
    async with daemon_at(home, settings | environment) as daemon:
        yield daemon


def cue(daemon: Daemon, name: str) -> None:
    """Let an answer go on."""
    (daemon.home / "cues" / name).touch()


async def login_link(daemon: Daemon) -> str:
    """Return a link that signs a browser in, once."""
    async with daemon.http() as http:
        return str((await http.post("/auth/code")).json()["url"])


async def new_session(daemon: Daemon, *contents: str, title: str = "", provider: str = "stage") -> str:
    """Create a session, and send messages to it."""
    async with daemon.http() as http:
        body = {"providerId": provider, "metadata": {"title": title}}
        session_id = str((await http.post("/sessions", json=body)).json()["sessionId"])
        for content in contents:
            answer = await http.post(f"/sessions/{session_id}/messages", json={"content": content})
            assert answer.status_code == 202, answer.text
    return session_id


class Screen:
    """One browser window with a profile of its own."""

    def __init__(self, daemon: Daemon, context: BrowserContext, page: Page) -> None:
        self.daemon = daemon
        self.context = context
        self.page = page
        self.requests: list[str] = []
        self.referers: list[str] = []
        self.complaints: list[str] = []
        context.on("request", self._requested)
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", lambda said: self._complain(f"{said.type}: {said.text}", said.type in {"error", "warning"}))
        page.on("pageerror", lambda error: self._complain(f"error: {error}", True))
        page.on("dialog", lambda dialog: self._complain(f"dialog: {dialog.message}", True))

    def _requested(self, request: Request) -> None:
        self.requests.append(request.url)
        if referer := request.headers.get("referer"):
            self.referers.append(referer)

    def _complain(self, text: str, serious: bool) -> None:
        if serious:
            self.complaints.append(text)

    def part(self, name: str) -> Locator:
        """Find something by what it is for."""
        return self.page.get_by_test_id(name)

    def items(self) -> Locator:
        return self.part("session-item")

    def item(self, title: str) -> Locator:
        return self.items().filter(has_text=title)

    def messages(self, role: str) -> Locator:
        return self.page.locator(f'[data-testid="message"][data-role="{role}"]')

    async def visit(self, path: str = "/") -> None:
        await self.page.goto(self.daemon.url + path)

    async def sign_in(self, path: str = "/") -> None:
        """Follow a login link, then go to a place."""
        await self.page.goto(await login_link(self.daemon))
        await expect(self.part("connection-state")).to_have_attribute("data-state", "live")
        if path != "/":
            await self.visit(path)
            await self.is_live()

    async def is_live(self) -> None:
        await expect(self.part("connection-state")).to_have_attribute("data-state", "live")

    async def send(self, text: str) -> None:
        await self.part("composer").fill(text)
        await self.part("composer").press("Enter")

    async def answers(self, text: str | re.Pattern[str]) -> None:
        """Wait until the last answer says this."""
        await expect(self.messages("assistant").last).to_have_text(text)

    async def picture(self, name: str) -> None:
        """Take a picture, if the environment says where they go."""
        if folder := os.environ.get("ATRIUM_PICTURES"):
            await self.page.screenshot(path=f"{folder}/{name}.png")

    def foreign(self) -> list[str]:
        """Return what was asked of anybody but the hub."""
        own = self.daemon.url.partition("://")[2]
        allowed = (f"http://{own}/", f"ws://{own}/", "data:", f"blob:http://{own}/")
        return [url for url in self.requests if not url.startswith(allowed)]


@asynccontextmanager
async def screen_of(
    browser: Browser, daemon: Daemon, size: tuple[int, int] = WIDE, *, welcomed: bool = True, keeps_page: bool = False
) -> AsyncIterator[Screen]:
    """Open a window that knows nothing of the others.

    Unless `welcomed`, it is led to the welcome once; if it `keeps_page`, the page's files stay in the browser.
    """
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    if not keeps_page:
        await context.add_init_script(NO_WORKER)
    if welcomed:
        await context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
    try:
        yield Screen(daemon, context, await context.new_page())
    finally:
        await context.close()


@asynccontextmanager
async def screen_at(home: Path, chromium: str, size: tuple[int, int] = WIDE, **options: bool) -> AsyncIterator[Screen]:
    """Open a window of its own browser on a hub of its own; `options` as of `screen_of`."""
    async with (
        hub_at(home) as daemon,
        browser_at(chromium) as browser,
        screen_of(browser, daemon, size, **options) as screen,
    ):
        yield screen
