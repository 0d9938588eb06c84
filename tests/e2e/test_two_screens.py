"""Two pages and a terminal on one session: everybody sees the same, at once, whatever happens to page or hub."""

import re

from playwright.async_api import Browser, expect

from tests.app.terminal import Terminal, terminal
from tests.e2e.marks import IN_BROWSER, SHARED
from tests.e2e.screens import Screen, cue, new_session, screen_of
from tests.e2e.stage import BEGINNING, END
from tests.faults.daemon import Daemon

pytestmark = [SHARED, *IN_BROWSER]

HALF, WHOLE = BEGINNING.strip(), BEGINNING + END


async def everybody_reads(text: str, screens: list[Screen]) -> None:
    for screen in screens:
        await screen.answers(text)


async def test_everybody_sees_the_same(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann, screen_of(browser, daemon) as ben:
        session_id = await new_session(daemon, title="Before")
        async with terminal("chat", session_id, home=daemon.home) as shell:
            for screen in (ann, ben):
                await screen.sign_in(f"/sessions/{session_id}")
            await _talk(ann, ben, shell, session_id)
            await ben.part("delete").click()
            await ben.part("notice").get_by_role("button", name="Dismiss").click()
            for screen in (ann, ben):
                await expect(screen.items()).to_have_count(0)
                await expect(screen.messages("user")).to_have_count(0)
            await ann.picture("deleted elsewhere")
            await shell.until("This session was deleted")
        assert ann.complaints == ben.complaints == []
        assert ann.foreign() == ben.foreign() == []


async def _talk(ann: Screen, ben: Screen, shell: Terminal, session_id: str) -> None:
    daemon = ann.daemon
    await ann.send("half first")
    await everybody_reads(HALF, [ann, ben])
    await shell.until("half first")
    await shell.until(HALF)
    await ann.picture("answering")
    cue(daemon, "first")
    await everybody_reads(WHOLE, [ann, ben])
    await shell.until(END)

    await ben.send("said by Ben")
    await everybody_reads("said by Ben", [ann, ben])
    await shell.until("> said by Ben")
    shell.type("said in the terminal\r")
    await everybody_reads("said in the terminal", [ann, ben])
    await ann.picture("conversation")

    async with daemon.http() as http:
        messages = (await http.get(f"/sessions/{session_id}/messages")).json()["data"]
    for screen in (ann, ben):
        for role in ("user", "assistant"):
            told = [message["content"] for message in messages if message["role"] == role]
            shown = await screen.messages(role).all_inner_texts()
            assert [text.removeprefix("You").strip().rpartition("\n")[2] for text in shown] == told

    await ann.part("rename").click()
    await ann.part("rename-input").fill("After")
    await ann.part("rename-input").press("Enter")
    for screen in (ann, ben):
        await expect(screen.items()).to_have_text([re.compile("After")])
        await expect(screen.page.get_by_role("heading", name="After")).to_be_visible()
    await shell.until("Renamed to After")


async def test_a_session_that_begins_here_appears_there(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann, screen_of(browser, daemon) as ben:
        for screen in (ann, ben):
            await screen.sign_in()
        await expect(ben.part("no-sessions")).to_be_visible()
        await ann.picture("empty")
        await ann.part("new-session").click()
        await ann.part("provider").select_option("stage")
        await ann.picture("new session")
        await ann.send("Plan the garden")
        await ann.answers("Plan the garden")
        await ben.item("Plan the garden").click()
        await ben.answers("Plan the garden")
        assert ann.page.url == ben.page.url
        assert ann.complaints == ben.complaints == []


async def test_cancel_is_seen_everywhere(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann, screen_of(browser, daemon) as ben:
        session_id = await new_session(daemon, "half never", "next in line")
        for screen in (ann, ben):
            await screen.sign_in(f"/sessions/{session_id}")
            await expect(screen.messages("assistant").first).to_have_text(HALF)
        await ann.picture("queued")
        await ben.part("cancel").click()
        await everybody_reads("next in line", [ann, ben])
        for screen in (ann, ben):
            await expect(screen.part("turn").first).to_have_attribute("data-status", "cancelled")
            await expect(screen.messages("assistant").first).to_have_text(HALF)


async def test_a_reload_in_mid_answer_goes_on(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await new_session(daemon, "before", "half reload")
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.answers(HALF)
        await ann.page.reload()
        await ann.answers(HALF)
        await expect(ann.messages("user")).to_have_count(2)
        cue(daemon, "reload")
        await ann.answers(WHOLE)
        await ann.page.reload()
        await ann.answers(WHOLE)
        await expect(ann.messages("user")).to_have_count(2)
        assert ann.complaints == []


async def _has_caught_up(screen: Screen) -> None:
    """Wait until a page shows the interrupted turn, and the message that waits behind it."""
    await screen.is_live()
    await expect(screen.page.locator('[data-testid="turn"][data-status="interrupted"]')).to_have_count(1)
    await expect(screen.page.locator('[data-testid="turn"][data-status="queued"]')).to_have_count(1)
    await expect(screen.part("retry")).to_be_enabled()
    await expect(screen.messages("user")).to_have_count(3)
    await expect(screen.part("unsent")).to_have_count(0)


async def test_a_kill_in_mid_answer(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann, screen_of(browser, daemon) as ben:
        session_id = await new_session(daemon, "acknowledged", "half crash", title="Outlives")
        async with terminal("chat", session_id, home=daemon.home) as shell:
            for screen in (ann, ben):
                await screen.sign_in(f"/sessions/{session_id}")
                await screen.answers(HALF)
            await shell.until(HALF)
            daemon.kill()
            for screen in (ann, ben):
                await expect(screen.part("connection-state")).to_have_attribute("data-state", "offline")
            await ann.send("written while the hub was away")
            await expect(ann.part("unsent")).to_have_count(1)
            await ann.picture("offline")
            await shell.until("connection to the hub is lost")

            daemon.start()
            await daemon.healthy()
            for screen in (ann, ben):
                await _has_caught_up(screen)
            await ann.picture("interrupted")
            await shell.until("Connected again")

            await ben.part("retry").click()
            await expect(ann.messages("assistant")).to_have_count(3)
            cue(daemon, "crash")
            await everybody_reads("written while the hub was away", [ann, ben])
            for screen in (ann, ben):
                texts = [text.strip() for text in await screen.messages("assistant").all_inner_texts()]
                # What was on the screens just before the kill may be lost, all but the acknowledged.
                assert texts[0] == "acknowledged"
                assert WHOLE.startswith(texts[1])
                assert texts[2:] == [WHOLE, "written while the hub was away"]
            await shell.until("written while the hub was away")
        async with daemon.http() as http:
            page = (await http.get(f"/sessions/{session_id}/messages")).json()["data"]
        assert [message["content"] for message in page if message["role"] == "user"] == [
            "acknowledged",
            "half crash",
            "written while the hub was away",
        ]
        assert not [text for text in ann.complaints + ben.complaints if "net::" not in text and "WebSocket" not in text]
