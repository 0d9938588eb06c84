"""One of two providers reaches its limit: the page says until when, the other goes on with all that was said."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Locator, expect

from tests.e2e.marks import JOURNEY, SHARED
from tests.e2e.model_vendor import PRICE, REQUESTS, ModelVendor, vendor_at
from tests.e2e.screens import NARROW, Screen, hub_at, screen_of
from tests.faults.daemon import Daemon

pytestmark = [SHARED, *JOURNEY]

FIRST, SECOND = "My heron is called Olga.", "What is my heron called?"


@dataclass(frozen=True)
class Stage:
    """A hub with two vendors, and two screens on it."""

    daemon: Daemon
    primary: ModelVendor
    reserve: ModelVendor
    desk: Screen
    phone: Screen

    @property
    def screens(self) -> tuple[Screen, Screen]:
        return self.desk, self.phone

    async def session(self, provider_id: str, **more: object) -> str:
        async with self.daemon.http() as http:
            created = await http.post("/sessions", json={"providerId": provider_id, **more})
        assert created.status_code == 201, created.text
        return str(created.json()["sessionId"])


@asynccontextmanager
async def two_vendors(browser: Browser, home: Path) -> AsyncIterator[Stage]:
    """Run a hub that knows a primary and a reserve."""
    async with vendor_at("Primary") as primary, vendor_at("Reserve") as reserve:
        (home / "core").mkdir(parents=True)
        sections = {"primary": primary.section(), "reserve": reserve.section()}
        (home / "core" / "config.json").write_text(json.dumps({"version": "1.0.0", "providers": sections}))
        async with (
            hub_at(home, ATRIUM_PROVIDERS__ECHO__ENABLED="false") as daemon,
            screen_of(browser, daemon) as desk,
            screen_of(browser, daemon, NARROW) as phone,
        ):
            yield Stage(daemon, primary, reserve, desk, phone)
            assert desk.complaints + phone.complaints == []
            assert desk.foreign() + phone.foreign() == []


async def clock_of(screen: Screen, moment: datetime) -> str:
    """Return the time of day as it is where the screen is."""
    spell = "moment => new Date(moment).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })"
    return str(await screen.page.evaluate(spell, moment.isoformat()))


def told(vendor: ModelVendor, *said: str) -> re.Pattern[str]:
    """Return what a vendor answers to all of this."""
    return re.compile(rf"^{vendor.name} was told: {re.escape(', '.join(said))}\s*$")


async def test_a_person_goes_on_with_another_provider_and_sees_what_each_took(browser: Browser, tmp_path: Path) -> None:
    async with two_vendors(browser, tmp_path / "home") as stage:
        desk, phone, primary, reserve = stage.desk, stage.phone, stage.primary, stage.reserve
        session_id = await stage.session("primary")
        await desk.sign_in(f"/sessions/{session_id}")
        await desk.send(FIRST)
        await desk.answers(told(primary, FIRST))
        await phone.sign_in(f"/sessions/{await stage.session('reserve')}")
        await phone.send("Write a haiku.")
        await phone.answers(told(reserve, "Write a haiku."))

        resets_at = primary.reach_limit(timedelta(hours=2))
        await phone.visit(f"/sessions/{session_id}")
        await desk.send(SECOND)
        for screen in stage.screens:
            broken = screen.part("turn-break")
            await expect(broken).to_contain_text(f"You have used your {REQUESTS} requests.")
            await expect(broken).to_contain_text(await clock_of(screen, resets_at))
            await expect(screen.part("retry")).to_be_enabled()
            await expect(screen.part("switch-provider")).to_have_text("Continue with Reserve")
            await screen.picture(f"limit-reached-{'desk' if screen is desk else 'phone'}")

        await phone.part("switch-provider").click()
        for screen in stage.screens:
            await screen.answers(told(reserve, FIRST, SECOND))
            await expect(screen.part("provider-change")).to_have_text("Reserve answers from here on.")
            await expect(screen.part("provider-menu")).to_have_accessible_name(re.compile("^Reserve answers"))
        assert reserve.asked[-1] == [
            ("user", FIRST),
            ("assistant", f"Primary was told: {FIRST} "),
            ("user", SECOND),
        ]
        await shows_what_was_used(stage, resets_at)


async def test_the_chain_goes_on_by_itself_and_a_wait_is_cut_short_with_one_click(
    browser: Browser, tmp_path: Path
) -> None:
    async with two_vendors(browser, tmp_path / "home") as stage:
        desk, phone, primary, reserve = stage.desk, stage.phone, stage.primary, stage.reserve
        session_id = await stage.session("primary", fallback=["reserve"])
        for screen in stage.screens:
            await screen.sign_in(f"/sessions/{session_id}")
        await desk.send(FIRST)
        await phone.answers(told(primary, FIRST))
        primary.reach_limit(timedelta(hours=2))
        await phone.send(SECOND)
        for screen in stage.screens:
            await screen.answers(told(reserve, FIRST, SECOND))
            changed = screen.part("provider-change")
            await expect(changed).to_contain_text("Reserve answers from here on, because Primary failed.")
            await expect(changed).to_contain_text(f"You have used your {REQUESTS} requests.")
            await expect(screen.part("turn-break")).to_have_count(0)
            await screen.picture(f"limit-chain-{'desk' if screen is desk else 'phone'}")
        assert [len(conversation) for conversation in primary.asked] == [1, 3], "nobody waits for two hours"

        primary.reach_limit(timedelta(seconds=50))
        waiting = await stage.session("primary")
        for screen in stage.screens:
            await screen.visit(f"/sessions/{waiting}")
        await phone.send("And now?")
        for screen in stage.screens:
            await expect(screen.part("retrying")).to_contain_text(re.compile(r"Trying again in \d+ s\."))
            await expect(screen.part("switch-provider")).to_have_text("Continue with Reserve")
            await screen.picture(f"limit-waits-{'desk' if screen is desk else 'phone'}")
        await desk.part("switch-provider").click()
        for screen in stage.screens:
            await screen.answers(told(reserve, "And now?"))
            await expect(screen.part("retrying")).to_have_count(0)
        assert [conversation for conversation in primary.asked if conversation[-1][1] == "And now?"] == [
            [("user", "And now?")]
        ]


async def shows_what_was_used(stage: Stage, resets_at: datetime) -> None:
    """Look at the usage and the limits, on both screens, in the numbers that the vendors reported."""
    for screen in stage.screens:
        await screen.visit("/usage")
        page = screen.part("usage-page")
        for vendor in (stage.primary, stage.reserve):
            is_wide = screen is stage.desk
            await expect(row_of(page, vendor).get_by_role("cell")).to_have_text(figures(vendor, is_wide=is_wide))
        limits = page.get_by_role("region", name="Limits of the providers").get_by_role("listitem")
        of_primary = limits.filter(has_text="Primary")
        await expect(of_primary).to_contain_text(f"0 of {REQUESTS} requests left")
        await expect(of_primary).to_contain_text(await clock_of(screen, resets_at))
        left = REQUESTS - len(stage.reserve.reported)
        await expect(limits.filter(has_text="Reserve")).to_contain_text(f"{left} of {REQUESTS} requests left")
        await screen.picture(f"limit-usage-{'desk' if screen is stage.desk else 'phone'}")
    assert await stage.phone.page.evaluate("document.documentElement.scrollWidth") == NARROW[0]


def row_of(page: Locator, vendor: ModelVendor) -> Locator:
    return page.get_by_role("row", name=vendor.name)


def figures(vendor: ModelVendor, *, is_wide: bool) -> list[str]:
    """Return what the row of a vendor says: turns, input, cached, output, cost; a phone has room for three."""
    sent, cached, answered = (sum(amounts) for amounts in zip(*vendor.reported, strict=True))
    cost = (sent - cached) * PRICE["input"] + cached * PRICE["cachedInput"] + answered * PRICE["output"]
    shown = [f"{sent:,}", f"{answered:,}", f"${cost / 1e6:.2f}"]
    return [f"{len(vendor.reported)}", shown[0], f"{cached:,}", *shown[1:]] if is_wide else shown
