"""The hub is restarted in mid-answer: the page says so; what may end ends, what may not is told as interrupted."""

import asyncio
from pathlib import Path

from playwright.async_api import expect

from tests.app.running import run_atrium
from tests.e2e.marks import JOURNEY
from tests.e2e.screens import Screen, cue, new_session, screen_at
from tests.e2e.stage import BEGINNING, END

pytestmark = JOURNEY

HALF, WHOLE = BEGINNING.strip(), BEGINNING + END


async def _goes_on(ann: Screen) -> None:
    """Restart the hub as it is meant to be: the answer ends first, on a page that says what happens."""
    session_id = await new_session(ann.daemon, "half first", title="Restarted")
    await ann.visit(f"/sessions/{session_id}")
    await ann.answers(HALF)
    restarting = asyncio.create_task(run_atrium("restart", home=ann.daemon.home))
    await expect(ann.part("connection-state")).to_have_attribute("data-state", "restarting")
    await expect(ann.part("connection-state")).to_contain_text("Restarting")
    await expect(ann.page.get_by_text("The hub restarts. What you write is kept")).to_be_visible()
    await ann.answers(HALF)
    cue(ann.daemon, "first")
    code, _, err = await restarting
    assert (code, err.count("Traceback")) == (0, 0), err
    await ann.is_live()
    await ann.answers(WHOLE)
    await expect(ann.part("turn")).to_have_attribute("data-status", "completed")


async def _is_interrupted(ann: Screen) -> None:
    """Restart it at once: the answer is told as interrupted, and can be had again."""
    await ann.send("half second")
    await expect(ann.messages("assistant")).to_have_count(2)
    await ann.answers(HALF)
    code, _, err = await run_atrium("restart", "--now", home=ann.daemon.home)
    assert code == 0, err
    await ann.is_live()
    await expect(ann.part("turn").last).to_have_attribute("data-status", "interrupted")
    await expect(ann.part("turn-break")).to_be_visible()
    await ann.part("retry").click()
    cue(ann.daemon, "second")
    await ann.answers(WHOLE)


async def test_a_restart_in_mid_answer(tmp_path: Path, chromium: str) -> None:
    async with screen_at(tmp_path / "home", chromium) as ann:
        await ann.sign_in()
        try:
            await _goes_on(ann)
            await _is_interrupted(ann)
        finally:
            await run_atrium("down", "--now", home=ann.daemon.home)
