"""The keys of providers in the page: set, refused, replaced and removed; a model is added; another screen follows."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from tests.e2e.marks import JOURNEY, SHARED
from tests.e2e.screens import NARROW, Screen, hub_at, new_session, screen_of
from tests.e2e.test_accessibility import faults_of
from tests.providers.endpoint import KEY, Endpoint, endpoint

pytestmark = [SHARED, *JOURNEY]

FIRST_TURN_MS = 120_000
"""The first turn of a hub imports the vendor's client, which takes long where the machine is busy."""

WRONG = "sk-wrong-canary-1b7f"


def item(screen: Screen, provider: str) -> Locator:
    return screen.page.locator(f'[data-testid="provider"][data-id="{provider}"]')


def write_settings(home: Path, address: str) -> None:
    """Write a provider whose key is in a variable that nobody has set, and which has two models."""
    (home / "core").mkdir(parents=True)
    models = {"model": "m-1", "models": ["m-2"]}
    far = {"kind": "model", "name": "Far", "baseUrl": address, "apiKey": {"env": "NOBODY_SET"}, **models}
    settings = {"version": "1.0.0", "secrets": {"store": "file"}, "providers": {"discover": False, "far": far}}
    (home / "core" / "config.json").write_text(json.dumps(settings))


async def fits(phone: Screen) -> None:
    """Hold against a phone that nothing is wider than it."""
    assert await phone.page.evaluate("document.documentElement.scrollWidth") == NARROW[0]
    boxes = [await form.bounding_box() for form in await phone.page.locator("form").all()]
    assert all(box is not None and box["x"] + box["width"] <= NARROW[0] for box in boxes)


async def _is_led_to_the_key(desk: Screen, phone: Screen) -> None:
    """Send a message without a key, go where the problem leads, and set a wrong one."""
    await desk.send("hi")
    for screen in (desk, phone):
        await expect(screen.part("turn-break")).to_contain_text("The provider has no key yet.")
    await phone.visit("/providers")
    await expect(item(phone, "far")).to_have_attribute("data-condition", "keyMissing")
    await desk.part("set-key").click()
    field = item(desk, "far").get_by_label("Key of Far")
    await expect(field).to_be_focused()
    await desk.picture("key-form-desk")
    await field.press("Enter")
    await expect(item(desk, "far").get_by_role("alert")).to_have_text("Enter the key.")
    await field.fill(WRONG)
    await field.press("Enter")
    await expect(desk.part("notice").last).to_contain_text("The key of Far is set.")
    for screen in (desk, phone):
        await expect(item(screen, "far")).to_have_attribute("data-condition", "ready")
    await expect(item(desk, "far").get_by_role("heading")).to_be_focused()


async def _is_refused_and_replaced(desk: Screen, phone: Screen, session_id: str) -> None:
    """Try again with the wrong key, and set the right one on the other screen."""
    await desk.visit(f"/sessions/{session_id}")
    await desk.part("retry").click()
    await expect(desk.part("turn-break").last).to_contain_text("refuses the key", timeout=FIRST_TURN_MS)
    await expect(item(phone, "far")).to_have_attribute("data-condition", "keyRefused")
    await phone.picture("key-refused-phone")
    await item(phone, "far").get_by_test_id("setKey").click()
    await item(phone, "far").get_by_label("Key of Far").fill(KEY)
    await fits(phone)
    await phone.picture("key-form-phone")
    await phone.part("save-key").click()
    await expect(item(phone, "far")).to_have_attribute("data-condition", "ready")
    await desk.part("retry").click()
    await desk.answers("Hello there.")
    await expect(desk.part("choose-model")).to_have_text("m-1")


async def _remove_the_key(desk: Screen, phone: Screen) -> None:
    """Remove the key on the phone, which the other screen shows."""
    await desk.visit("/providers")
    await item(phone, "far").get_by_test_id("details").click()
    await expect(item(phone, "far").get_by_test_id("provider-details")).to_contain_text(
        "kept by the hub, as provider.far"
    )
    await phone.picture("key-details-phone")
    await item(phone, "far").get_by_test_id("remove-key").click()
    await phone.picture("key-removal-phone")
    await item(phone, "far").get_by_test_id("confirm-removal").click()
    await expect(item(desk, "far")).to_have_attribute("data-condition", "keyMissing")


async def _add_a_model(desk: Screen, phone: Screen, vendor: Endpoint) -> None:
    """Add a model on one screen, see it on the other, use it, and remove it."""
    await phone.part("begin-adding").click()
    await fits(phone)
    await phone.part("vendor").press("Escape")
    await expect(phone.part("begin-adding")).to_be_focused()
    await desk.part("begin-adding").press("Enter")
    await expect(desk.part("vendor")).to_be_focused()
    await desk.picture("adding-openai-desk")
    await desk.part("vendor").select_option("compatible")
    form = desk.part("add-form")
    await form.get_by_label("Model", exact=True).fill("m-9")
    await desk.part("add-provider").click()
    await expect(form.get_by_role("alert")).to_contain_text("Enter an address like")
    await expect(form.get_by_label("Address")).to_be_focused()
    await form.get_by_label("Address").fill(vendor.address)
    await form.get_by_label("Name").fill("Near")
    await form.get_by_label("Key").fill(KEY)
    await desk.picture("adding-desk")
    assert await faults_of(desk) == []
    await desk.part("add-provider").click()
    for screen in (desk, phone):
        await expect(item(screen, "near")).to_have_attribute("data-condition", "ready")
    await expect(item(desk, "near").get_by_role("heading")).to_be_focused()
    await item(desk, "near").get_by_test_id("start").click()
    await expect(desk.part("provider")).to_have_value("near")
    await item(phone, "near").get_by_test_id("details").click()
    await item(phone, "near").get_by_test_id("remove-provider").click()
    await item(phone, "near").get_by_test_id("confirm-removal").click()
    await expect(phone.part("notice").last).to_have_text("Near is removed.")
    await expect(item(phone, "near")).to_have_count(0)


async def test_a_key_is_set_where_it_is_missed_and_a_model_is_added(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with endpoint() as vendor:
        write_settings(home, vendor.address)
        async with (
            hub_at(home) as daemon,
            screen_of(browser, daemon) as desk,
            screen_of(browser, daemon, NARROW) as phone,
        ):
            session_id = await new_session(daemon, title="Far", provider="far")
            for screen in (desk, phone):
                await screen.page.emulate_media(reduced_motion="reduce")
                await screen.sign_in(f"/sessions/{session_id}")
            await _is_led_to_the_key(desk, phone)
            await _is_refused_and_replaced(desk, phone, session_id)
            await _remove_the_key(desk, phone)
            assert await faults_of(phone) == []
            await _add_a_model(desk, phone, vendor)
            await fits(phone)
            assert desk.complaints + phone.complaints == []
            assert desk.foreign() + phone.foreign() == []
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert KEY.encode() not in kept
    assert WRONG.encode() not in kept
