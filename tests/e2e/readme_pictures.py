"""The pictures of the README: `python -m tests.e2e.readme_pictures [FOLDER]`, `docs/images` unless it is given.

A hub with the default model alone, which must be in `build/test-models`; what is seen is what it answered, in light and
dark. Look at the answer before the pictures are kept: a model that runs anywhere says what it says.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.conftest import find_chromium
from tests.e2e.screens import NO_WORKER, Screen, browser_at
from tests.faults.daemon import Daemon, daemon_at
from tests.providers.conftest import KEPT, home_with

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ASKED = (
    ("What a lighthouse is for", "What is a lighthouse for?", ("travel",)),
    ("A polite mail about a meeting", "Write a short, polite mail that moves a meeting to Friday.", ("work",)),
    ("What a good workshop needs", "Name three things a good workshop needs.", ()),
    ("A weekend in the mountains", "Plan a quiet weekend in the mountains.", ("travel",)),
    ("Reverse a string", "Write a short Python function that reverses a string, in a code block.", ("work",)),
)
"""Title, message and tags of each session; the last is the one that is open."""

SIZE = (1280, 760)
ANSWER_SECONDS = 180


async def _ask(daemon: Daemon) -> None:
    """Begin the sessions, one after the other: the model answers one at a time."""
    async with daemon.http() as http:
        for title, content, tags in ASKED:
            about = {"providerId": "local", "metadata": {"title": title, "tags": list(tags)}}
            session_id = (await http.post("/sessions", json=about)).json()["sessionId"]
            answer = await http.post(f"/sessions/{session_id}/messages", json={"content": content})
            answer.raise_for_status()
            async with asyncio.timeout(ANSWER_SECONDS):
                while (await http.get(f"/sessions/{session_id}")).json()["data"]["turn"] is not None:  # noqa: ASYNC110  # the hub is another process
                    await asyncio.sleep(0.2)


async def _take(browser: Browser, daemon: Daemon, theme: str, file: Path) -> None:
    context = await browser.new_context(
        viewport={"width": SIZE[0], "height": SIZE[1]},
        color_scheme="dark" if theme == "dark" else "light",
        locale="en-GB",
        reduced_motion="reduce",
    )
    await context.add_init_script(NO_WORKER)
    await context.add_init_script("localStorage.setItem('atrium.welcomed', 'yes')")
    screen = Screen(daemon, context, await context.new_page())
    await screen.sign_in()
    for title, *_ in (ASKED[-1], *ASKED):  # read before, so that nothing stands out as new
        await screen.item(title).click()
        await expect(screen.messages("assistant").last).to_be_visible()
    await screen.page.mouse.move(SIZE[0] - 1, SIZE[1] - 1)
    await screen.page.evaluate("document.fonts.ready.then(() => true)")
    await screen.page.wait_for_load_state("networkidle")
    await screen.page.screenshot(path=file, animations="disabled", caret="hide")
    await context.close()


async def take_all(folder: Path) -> None:
    """Write `page-light.png` and `page-dark.png` into a folder."""
    (model,) = (KEPT / "models").glob("*.gguf")
    chromium = find_chromium()
    assert chromium is not None, "no Chromium"
    with tempfile.TemporaryDirectory() as place:
        async with browser_at(chromium) as browser, daemon_at(home_with(model, Path(place))) as daemon:
            await _ask(daemon)
            for theme in ("light", "dark"):
                await _take(browser, daemon, theme, folder / f"page-{theme}.png")


if __name__ == "__main__":
    asyncio.run(take_all(Path(*sys.argv[1:2]) if sys.argv[1:] else IMAGES))
