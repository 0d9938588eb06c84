"""Images: attached in every way there is, sent, looked at large, shared between screens, refused in words."""

import asyncio
import base64
import re
import struct
import zlib

from playwright.async_api import Browser, FilePayload, Locator, Route, expect

from tests.e2e.marks import JOURNEY, SHARED
from tests.e2e.screens import NARROW, Screen, new_session, screen_of
from tests.e2e.test_accessibility import faults_of
from tests.faults.daemon import Daemon

pytestmark = [SHARED, *JOURNEY]

GIVE = """(element, [kind, name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, { type: 'image/png' }));
    const about = { bubbles: true, composed: true, cancelable: true };
    element.dispatchEvent(kind === 'drop'
        ? new DragEvent('drop', { ...about, dataTransfer: data })
        : new ClipboardEvent('paste', { ...about, clipboardData: data }));
}"""


GIVE_PHOTO = """async (element, orientation) => {
    const canvas = new OffscreenCanvas(64, 32);
    const context = canvas.getContext('2d');
    for (const [place, colour] of ['red', 'blue'].entries()) {
        context.fillStyle = colour;
        context.fillRect(32 * place, 0, 32, 32);
    }
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
    const note = [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1];
    const entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    const photo = [blob.slice(0, 2), new Uint8Array([...note, ...entry]), blob.slice(2)];
    const data = new DataTransfer();
    data.items.add(new File(photo, 'side.jpg', { type: 'image/jpeg' }));
    const about = { bubbles: true, composed: true, cancelable: true };
    element.dispatchEvent(new ClipboardEvent('paste', { ...about, clipboardData: data }));
}"""
"""Pastes a photo, red at its left and blue at its right, that notes how the camera was held."""

STORED = """async (image) => {
    const bitmap = await createImageBitmap(await (await fetch(image.src)).blob(), { imageOrientation: 'none' });
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const colour = (y) => {
        const [red, , blue] = context.getImageData(bitmap.width / 2, y, 1, 1).data;
        return red > blue ? 'red' : 'blue';
    };
    return [bitmap.width, bitmap.height, colour(4), colour(bitmap.height - 4)];
}"""
"""What the hub stores of an image, whatever it notes: its width, its height, the colours of its top and its bottom."""


def png(width: int, height: int, *, clear: bool = False) -> bytes:
    """Return a picture of a slope, bright at the top; one can see through it where it is `clear`."""
    depth = 6 if clear else 2
    rows = b"".join(
        b"\0" + bytes((60, 90 + 120 * (height - y) // height, 80, *([99] if clear else []))) * width
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, depth, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def payload(name: str, data: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="image/png", buffer=data)


async def session_of_echo(daemon: Daemon, title: str = "Garden") -> str:
    return await new_session(daemon, title=title, provider="echo")


async def told(screen: Screen, session_id: str) -> list[list[tuple[str, int, int]]]:
    """Return the images of each message that a person sent, once all are stored: name, width, height."""
    await expect(screen.part("unsent")).to_have_count(0)
    async with screen.daemon.http() as http:
        page = (await http.get(f"/sessions/{session_id}/messages")).json()["data"]
    said = [message["attachments"] for message in page if message["role"] == "user"]
    return [[(one["name"], one["width"], one["height"]) for one in images] for images in said]


def chooser(screen: Screen) -> Locator:
    return screen.page.locator("atrium-composer input[type=file]")


async def have_status(screen: Screen, *statuses: str) -> None:
    tray = screen.part("tray-image")
    await expect(tray).to_have_count(len(statuses))
    for place, status in enumerate(statuses):
        await expect(tray.nth(place)).to_have_attribute("data-status", status)


async def heights(images: Locator) -> list[float]:
    return [box["height"] for image in await images.all() if (box := await image.bounding_box())]


async def test_images_are_chosen_pasted_dropped_and_sent(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await session_of_echo(daemon)
        await ann.sign_in(f"/sessions/{session_id}")
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480)), payload("wide.png", png(3000, 1000))])
        small = base64.b64encode(png(64, 48, clear=True)).decode()
        await ann.part("composer").evaluate(GIVE, ["paste", "pasted.png", small])
        large = base64.b64encode(png(2100, 100, clear=True)).decode()
        await ann.page.locator("atrium-timeline").evaluate(GIVE, ["drop", "dropped.png", large])
        await have_status(ann, "ready", "ready", "ready", "ready")
        await ann.part("remove-image").nth(2).press("Enter")
        await expect(ann.part("remove-image").nth(2)).to_be_focused()
        await ann.picture("images-attached")

        await ann.part("composer").press("Enter")
        await expect(ann.part("image")).to_have_count(3)
        await expect(ann.part("tray-image")).to_have_count(0)
        sent = [("bed.png", 640, 480), ("wide.jpg", 2048, 683), ("dropped.png", 2048, 98)]
        assert await told(ann, session_id) == [sent]
        await ann.picture("images-sent")

        await _look(ann)
        await _edit(ann, session_id)
        assert ann.complaints == []
        assert ann.foreign() == []


async def _look(ann: Screen) -> None:
    """Open the large view by key, go through the images, and come back to where the reader was."""
    first = ann.part("image").first
    await first.focus()
    await first.press("Enter")
    await expect(ann.part("image-place")).to_have_text("1 of 3")
    await expect(ann.part("large-image")).to_have_attribute("alt", "bed.png")
    assert await ann.part("large-image").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    await ann.page.keyboard.press("ArrowRight")
    await expect(ann.part("large-image")).to_have_attribute("alt", "wide.jpg")
    await ann.part("next-image").click()
    await ann.page.keyboard.press("ArrowRight")
    await expect(ann.part("image-place")).to_have_text("1 of 3")
    await ann.picture("images-large")
    assert await faults_of(ann) == []
    async with ann.page.expect_download() as download:
        await ann.part("download-image").click()
    assert (await download.value).suggested_filename == "bed.png"
    await ann.page.keyboard.press("Escape")
    await expect(ann.part("image-dialog")).to_have_count(0)
    await expect(first).to_be_focused()


async def _edit(ann: Screen, session_id: str) -> None:
    """Ask anew with one of the images left out: the copy has the others."""
    await ann.part("edit").click()
    await have_status(ann, "ready", "ready", "ready")
    await ann.part("remove-image").first.click()
    await ann.send("only two")
    await ann.page.wait_for_url(lambda url: not url.endswith(session_id))
    await expect(ann.part("image")).to_have_count(2)
    copy = ann.page.url.rpartition("/")[2]
    assert await told(ann, copy) == [[("wide.jpg", 2048, 683), ("dropped.png", 2048, 98)]]
    await expect(ann.part("image").first.locator("img")).to_have_js_property("naturalWidth", 2048)


async def test_what_cannot_be_loaded_keeps_its_room(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await session_of_echo(daemon)
        await ann.sign_in(f"/sessions/{session_id}")
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480))])
        await ann.send("look")
        await expect(ann.part("image").locator("img")).to_have_js_property("complete", True)
        shown = await heights(ann.part("image"))

        async def lost(route: Route) -> None:
            await route.fulfill(status=404)

        await ann.page.route("**/attachments/*", lost)
        await ann.page.reload()
        await expect(ann.part("image-gone")).to_contain_text("bed.png cannot be shown.")
        assert await heights(ann.part("image-gone")) == shown
        await ann.page.unroute("**/attachments/*")
        await ann.part("image-gone").get_by_role("button").click()
        await expect(ann.part("image").locator("img")).to_have_js_property("naturalWidth", 640)
        assert await heights(ann.part("image")) == shown


async def test_a_draft_brings_its_images_to_another_screen(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as desk, screen_of(browser, daemon, NARROW) as phone:
        session_id = await session_of_echo(daemon)
        for screen in (desk, phone):
            await screen.sign_in(f"/sessions/{session_id}")

        async def broken(route: Route) -> None:
            await route.abort()

        await phone.page.route("**/attachments?*", broken)
        await chooser(phone).set_input_files([payload("bed.png", png(640, 480))])
        await have_status(phone, "failed")
        await expect(phone.part("not-uploaded")).to_contain_text("bed.png was not uploaded.")
        await expect(phone.part("send")).to_be_disabled()
        await phone.picture("images-failed")
        assert await faults_of(phone) == []
        await phone.page.unroute("**/attachments?*")
        await phone.part("retry-image").click()
        await have_status(phone, "ready")

        await have_status(desk, "ready")
        await phone.page.reload()
        await have_status(phone, "ready")
        await desk.send("what grows here?")
        await expect(phone.part("image")).to_have_count(1)
        await have_status(phone)
        assert await told(phone, session_id) == [[("bed.png", 640, 480)]]


async def test_the_first_message_may_be_an_image(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        await ann.sign_in("/new")
        await ann.part("provider").select_option("stage")
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480))])
        await expect(ann.part("not-attached")).to_contain_text("Stage takes no images.")
        await expect(ann.part("attach")).to_have_accessible_name("Quote text files")
        await ann.picture("images-refused")
        await have_status(ann)

        await ann.part("provider").select_option("echo")
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480))])
        await have_status(ann, "held")
        await ann.part("provider").select_option("stage")
        await expect(ann.part("send")).to_be_disabled()
        await ann.part("provider").select_option("echo")
        await ann.part("send").click()
        await expect(ann.part("image")).to_have_count(1)
        await expect(ann.item("bed.png")).to_be_visible()
        assert ann.complaints == []


async def test_images_that_are_not_uploaded_outlive_a_reload(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await session_of_echo(daemon)
        await ann.sign_in(f"/sessions/{session_id}")

        async def broken(route: Route) -> None:
            await route.abort()

        await ann.page.route("**/attachments?*", broken)
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480)), payload("shed.png", png(64, 48))])
        await have_status(ann, "failed", "failed")
        await ann.page.reload()
        await have_status(ann, "failed", "failed")
        await ann.page.unroute("**/attachments?*")
        await ann.page.reload()
        await have_status(ann, "ready", "ready")
        await ann.send("what grows here?")
        await expect(ann.part("image")).to_have_count(2)
        assert await told(ann, session_id) == [[("bed.png", 640, 480), ("shed.png", 64, 48)]]

        await ann.visit("/new")
        await ann.part("provider").select_option("echo")
        await chooser(ann).set_input_files([payload("new.png", png(64, 48)), payload("other.png", png(48, 48))])
        await have_status(ann, "held", "held")
        await ann.part("remove-image").last.click()
        await ann.page.reload()
        await have_status(ann, "held")
        await ann.part("provider").select_option("echo")
        await ann.part("send").click()
        await expect(ann.part("image")).to_have_count(1)
        await ann.visit("/new")
        await ann.is_live()
        await have_status(ann)


async def test_a_photo_on_its_side_is_sent_upright(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await session_of_echo(daemon)
        await ann.sign_in(f"/sessions/{session_id}")
        await ann.part("composer").evaluate(GIVE_PHOTO, 6)
        await have_status(ann, "ready")
        await ann.part("composer").press("Enter")
        await expect(ann.part("image")).to_have_count(1)
        assert await told(ann, session_id) == [[("side.jpg", 32, 64)]]
        assert await ann.part("image").locator("img").evaluate(STORED) == [32, 64, "red", "blue"]


async def test_a_message_waits_for_its_images(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await session_of_echo(daemon)
        await ann.sign_in(f"/sessions/{session_id}")
        may_go = asyncio.Event()

        async def late(route: Route) -> None:
            await may_go.wait()
            await route.continue_()

        await ann.page.route("**/attachments?*", late)
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480))])
        await have_status(ann, "uploading")
        await session_of_echo(daemon, "Elsewhere")
        await ann.item("Elsewhere").click()
        await have_status(ann)
        await ann.item("Garden").click()
        await have_status(ann, "uploading")
        await ann.send("what grows here?")
        await expect(ann.part("sent-when-uploaded")).to_be_visible()
        may_go.set()
        await expect(ann.part("image")).to_have_count(1)
        await have_status(ann)
        assert await told(ann, session_id) == [[("bed.png", 640, 480)]]
        assert ann.complaints == []


async def test_a_turn_goes_on_without_images_where_none_are_taken(browser: Browser, daemon: Daemon) -> None:
    async with screen_of(browser, daemon) as ann:
        session_id = await session_of_echo(daemon)
        await ann.sign_in(f"/sessions/{session_id}")
        await chooser(ann).set_input_files([payload("bed.png", png(640, 480))])
        await ann.send("what grows here?")
        await expect(ann.part("ask-again")).to_be_enabled()
        await chooser(ann).set_input_files([payload("shed.png", png(64, 48))])
        await have_status(ann, "ready")
        async with daemon.http() as http:
            answer = await http.post(f"/sessions/{session_id}/provider", json={"providerId": "stage"})
            assert answer.status_code == 200, answer.text
        await expect(ann.part("not-attached")).to_contain_text("Stage takes no images.")
        await expect(ann.part("send")).to_be_disabled()
        await ann.part("remove-image").click()
        await expect(ann.part("composer")).to_be_focused()

        await ann.part("ask-again").click()
        await expect(ann.part("turn-break")).to_contain_text("Stage takes no images")
        await ann.picture("images-not-taken")
        await ann.part("without-images").click()
        await ann.answers(re.compile(r"\[image bed\.png 640x480\]\s*what grows here\?"))
