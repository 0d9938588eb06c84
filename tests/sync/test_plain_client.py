"""The client in plain JavaScript of `examples/plain-client`, in a browser, at a real hub."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute, async_playwright, expect

from atrium.testing.daemon import DaemonProcess, running_daemon

EXAMPLE = Path(__file__).parents[2] / "examples" / "plain-client"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(120)]


def free_port() -> str:
    """Return a port that is free now; the hub must come back at the same one."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return str(found.getsockname()[1])


@asynccontextmanager
async def hub_at(home: Path) -> AsyncIterator[DaemonProcess]:
    """Run a hub that serves the example instead of its own page."""
    async with running_daemon(home, "--port", free_port(), ATRIUM_BRIDGE__STATIC_DIR=str(EXAMPLE)) as daemon:
        yield daemon


@asynccontextmanager
async def page_at(daemon: DaemonProcess, chromium: str) -> AsyncIterator[Page]:
    """Show the example in a browser that is not signed in yet; no script may have failed in the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page()
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        try:
            yield page
        finally:
            await browser.close()
    assert failures == []


async def sign_in(daemon: DaemonProcess, page: Page) -> None:
    async with daemon.attach() as client:
        link = (await client.call("POST", "/auth/code"))["url"]
    await page.goto(link)
    await expect(page.get_by_role("status")).to_have_text("online")
    assert "code" not in page.url


async def new_session(daemon: DaemonProcess, title: str) -> str:
    async with daemon.attach() as client:
        body = {"providerId": "echo", "metadata": {"title": title}}
        return str((await client.call("POST", "/sessions", body=body))["sessionId"])


async def send(daemon: DaemonProcess, session_id: str, content: str) -> None:
    async with daemon.attach() as client:
        await client.sessions.send(session_id, content)


def exchanges(*texts: str) -> list[str]:
    """Return what the page shows of messages that the echo provider has answered."""
    return [f"{role}: {text}" for text in texts for role in ("user", "assistant")]


async def test_it_follows_a_topic_and_a_stream_through_a_crash(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path) as daemon, page_at(daemon, chromium) as page:
        session_id = await new_session(daemon, "Plain")
        await send(daemon, session_id, "hello")
        await sign_in(daemon, page)
        await page.get_by_role("button", name="Plain").click()
        messages = page.get_by_label("Messages").get_by_role("listitem")
        await expect(messages).to_have_text(["user: hello", "assistant: hello"])

        await new_session(daemon, "Another")
        await expect(page.get_by_role("button", name="Another")).to_be_visible()

        await daemon.kill()
        await expect(page.get_by_role("status")).to_have_text("offline")
        await daemon.start()
        await send(daemon, session_id, "while away")
        await expect(page.get_by_role("status")).to_have_text("online", timeout=30_000)
        await expect(messages).to_have_count(4, timeout=30_000)
        await page.get_by_label("Message", exact=True).fill("from here")
        await page.get_by_role("button", name="Send").click()
        await expect(messages).to_have_text(exchanges("hello", "while away", "from here"), timeout=30_000)


async def test_it_notices_a_lost_entry_and_asks_again(tmp_path: Path, chromium: str) -> None:
    lost: list[str] = []

    def lose_one(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def carry(message: str | bytes) -> None:
            frame = json.loads(message)
            kind = frame["payload"].get("type", "") if frame["type"] == "stream:chunk" else ""
            if kind == "sessions.message.added.v1" and not lost:
                lost.append(kind)
            else:
                route.send(message)

        server.on_message(carry)

    async with hub_at(tmp_path) as daemon, page_at(daemon, chromium) as page:
        await page.route_web_socket("**/api/v1/stream?*", lose_one)
        session_id = await new_session(daemon, "Lossy")
        await sign_in(daemon, page)
        await page.get_by_role("button", name="Lossy").click()
        messages = page.get_by_label("Messages").get_by_role("listitem")
        for count, text in enumerate(("one", "two"), 1):
            await send(daemon, session_id, text)
            await expect(messages).to_have_count(2 * count, timeout=30_000)
        await expect(messages).to_have_text(exchanges("one", "two"))
        assert lost


async def test_without_a_login_it_says_what_to_do(tmp_path: Path, chromium: str) -> None:
    async with hub_at(tmp_path) as daemon, page_at(daemon, chromium) as page:
        await page.goto(daemon.url)
        await expect(page.get_by_role("status")).to_contain_text("atrium open")
