"""Pictures of the gallery, and how they are compared: `python -m tests.e2e.gallery_pictures` renews the references.

The fonts are the page's own, nothing moves, and the browser draws without a graphics card, so that two pictures of the
same gallery differ by a few edges at most. Pictures are compared in the browser too: no library for images is needed.
"""

import asyncio
import base64
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize

from tests.conftest import find_chromium
from tests.e2e.screens import NO_WORKER, Screen, browser_at, hub_at
from tests.faults.daemon import Daemon

REFERENCES = Path(__file__).parent / "references"
WIDTHS = (1280, 390)
LOOKS = {"light": ("light", "normal"), "dark": ("dark", "normal"), "contrast": ("light", "more")}
"""Theme and contrast of each look."""

NAMES = [f"gallery-{width}-{look}" for width in WIDTHS for look in LOOKS]

TALL = 3200
"""High enough for the whole gallery, so that nothing scrolls."""

PAINTED_APART = 40
"""By how much of 255 a colour may differ and count as the same: anti-aliasing of another build of the browser."""

MOST_APART = 0.002
"""The part of the picture that may differ."""

SCALE = 0.5
"""Half the size shows every change of form and colour, in a quarter of the bytes."""

COMPARE = """async ([first, second, apart]) => {
    const read = async (data) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
        const { width, height } = image;
        const canvas = new OffscreenCanvas(width, height).getContext("2d");
        canvas.drawImage(image, 0, 0);
        return { width, height, data: canvas.getImageData(0, 0, width, height).data };
    };
    const [one, other] = [await read(first), await read(second)];
    if (one.width !== other.width || one.height !== other.height)
        return `${one.width} x ${one.height} instead of ${other.width} x ${other.height}`;
    let different = 0;
    for (let at = 0; at < one.data.length; at += 4)
        for (let channel = 0; channel < 3; channel += 1)
            if (Math.abs(one.data[at + channel] - other.data[at + channel]) > apart) { different += 1; break; }
    return different / (one.width * one.height);
}"""


@dataclass(frozen=True)
class Gallery:
    """Takes and compares pictures of the gallery of one hub."""

    browser: Browser
    daemon: Daemon

    async def take(self, name: str) -> bytes:
        """Return a PNG of the gallery at the width and in the look of this name."""
        _, width, look = name.split("-")
        theme, contrast = LOOKS[look]
        size = ViewportSize(width=int(width), height=TALL)
        context = await self.browser.new_context(
            viewport=size, device_scale_factor=SCALE, reduced_motion="reduce", locale="en-GB"
        )
        await context.add_init_script(NO_WORKER)
        await context.add_init_script(
            f"localStorage.setItem('atrium.theme', '{theme}'); localStorage.setItem('atrium.contrast', '{contrast}')"
        )
        screen = Screen(self.daemon, context, await context.new_page())
        await screen.sign_in("/gallery")
        await screen.page.evaluate("document.fonts.ready.then(() => true)")
        picture = await screen.part("gallery").screenshot(animations="disabled", caret="hide")
        await context.close()
        return picture

    async def difference(self, picture: bytes, name: str) -> float | str:
        """Return which part of a picture differs from its reference, or how its size does."""
        page: Page = await self.browser.new_page()
        both = [base64.b64encode(one).decode() for one in (picture, (REFERENCES / f"{name}.png").read_bytes())]
        found: float | str = await page.evaluate(COMPARE, [*both, PAINTED_APART])
        await page.close()
        return found


async def renew(names: list[str]) -> None:
    """Write the references of these names anew."""
    chromium = find_chromium()
    assert chromium is not None, "no Chromium"
    REFERENCES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        async with hub_at(Path(home) / "home") as daemon, browser_at(chromium) as browser:
            gallery = Gallery(browser, daemon)
            for name in names:
                (REFERENCES / f"{name}.png").write_bytes(await gallery.take(name))
                print(REFERENCES / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(renew(sys.argv[1:] or NAMES))
