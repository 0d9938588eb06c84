"""A hub with a page, and Chromium with the probe in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from bench.disk import folder
from bench.server import Server, hub

PROBE = Path(__file__).with_name("probe.js")
PACED = Path(__file__).with_name("paced.py")
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE: ViewportSize = {"width": 1280, "height": 800}
PATIENCE_MS = 120_000


class Hub:
    """A hub that is measured through its page."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = f"http://127.0.0.1:{server.port}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the API and return the JSON of its answer."""
        request = Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.server.token}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=PATIENCE_MS / 1000) as answer:
            return json.load(answer)

    def session(self, provider: str, title: str) -> str:
        """Create a session and return its id."""
        return str(self.ask("POST", "/sessions", {"providerId": provider, "metadata": {"title": title}})["sessionId"])


@contextmanager
def hub_with_page() -> Iterator[Hub]:
    """Run a hub that has the echo provider and the paced one."""
    with folder() as home:
        (home / "plugins").mkdir(parents=True, exist_ok=True)
        (home / "plugins" / PACED.name).write_bytes(PACED.read_bytes())
        with hub(home) as server:
            yield Hub(server)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium; raises LookupError where there is none."""
    path = os.environ.get("ATRIUM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise LookupError("no Chromium: apt-get install chromium, or set ATRIUM_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def signed_in(browser: Browser, hub: Hub) -> BrowserContext:
    """Return a new profile that the hub knows: cookies, and nothing in its cache."""
    first = browser.new_context(service_workers="block")
    page = first.new_page()
    page.goto(hub.ask("POST", "/auth/code")["url"])
    page.wait_for_selector('[data-testid="connection-state"][data-state="live"]', state="attached")
    state = first.storage_state()
    first.close()
    context = browser.new_context(storage_state=state, viewport=SIZE, service_workers="block")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
    context.add_init_script(path=PROBE)
    return context


def probe(page: Page, call: str) -> Any:
    """Call the probe in the page and return what it answers."""
    return page.evaluate(f"() => window.probe.{call}")
