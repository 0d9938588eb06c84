"""The page in Chromium at 1280 x 800: loading, opening a session of 10,000 messages, scrolling it, tokens, memory.

A probe in the page looks at its frames; the task after a frame's callbacks is when the frame has been painted. The
first load is with an empty cache and the CPU slowed down four times: until the field for a message is painted, and
until the sessions are. Tokens come at 50 a second; each is timed from its arrival on the socket to the paint that shows
it, which holds the wait for the frame: frames come every 16.7 ms, so that 16 ms is what the last of twenty waits by
itself. What of that is the page's own is the work: how long its main thread was busy meanwhile, the paint included, as
Chromium's trace tells; a hub's message, its JSON, the conversation, the elements, layout and paint all happen there.
References: for loading, a page that is one paragraph; for frames, the same browser scrolling 10,000 plain paragraphs;
for tokens, the end of the first frame after their arrival, whatever it shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles

from playwright.sync_api import Browser, CDPSession, Page

from bench.browser.chromium import Hub, chromium, hub_with_page, probe, signed_in
from bench.browser.work import traced
from bench.conversation import converse
from bench.figures import Bar, Bench, Effort, Figure, Reference

MESSAGES = 10_000
TOKENS = 150
SCROLL_MS = 4_000
WHEEL = 600
SLOWED = 4
VISITS = 20

ROW, SAID = '[data-testid="session-item"]', '[data-testid="message"]'
COMPOSER = '[data-testid="composer"]'
TIMELINE = '[data-testid="conversation"]'
LATER = "atrium-session-page"
"""What the page fetches ahead a second after its first room: it is part of the first load."""
PLAIN = "<!doctype html><meta charset=utf-8><title>Plain</title><body>"


@dataclass(slots=True)
class Seen:
    """What was measured, one value for each repetition."""

    script_kb: list[float] = field(default_factory=list)
    interactive: list[float] = field(default_factory=list)
    listed: list[float] = field(default_factory=list)
    plain_load: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)
    plain_longest: list[float] = field(default_factory=list)
    token_median: list[float] = field(default_factory=list)
    token_p95: list[float] = field(default_factory=list)
    frame_median: list[float] = field(default_factory=list)
    frame_p95: list[float] = field(default_factory=list)
    work_median: list[float] = field(default_factory=list)
    work_p95: list[float] = field(default_factory=list)
    grown: list[float] = field(default_factory=list)


def _measure(effort: Effort) -> Iterator[Figure]:
    seen = Seen()
    with hub_with_page() as hub:
        long = asyncio.run(_long_session(hub, effort.of(MESSAGES)))
        with chromium() as browser:
            for _ in range(effort.repetitions):
                _load(browser, hub, seen)
                _read(browser, hub, long, seen)
                _stream(browser, hub, effort.of(TOKENS), seen)
            _remember(browser, hub, long, effort.of(VISITS), seen)
    yield from _figures(seen, effort)


async def _long_session(hub: Hub, messages: int) -> str:
    """Return a session with so many messages, half of them answers."""
    conversation = await converse(hub.server.port, hub.server.token)
    for _ in range(messages // 2):
        await conversation.say()
    conversation.close()
    await asyncio.to_thread(
        hub.ask, "PATCH", f"/sessions/{conversation.session_id}", {"metadata": {"title": "A long one"}}
    )
    return conversation.session_id


def _load(browser: Browser, hub: Hub, seen: Seen) -> None:
    """Load the page for the first time on a slow machine."""
    context = signed_in(browser, hub)
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    scripts: set[str] = set()
    sizes: dict[str, float] = {}
    tools.on("Network.responseReceived", lambda told: scripts.add(told["requestId"]) if _is_script(told) else None)
    tools.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto(hub.url, wait_until="commit")
    seen.interactive.append(probe(page, f"shown('{COMPOSER}')") / 1000)
    seen.listed.append(probe(page, f"shown('{ROW}')") / 1000)
    page.evaluate(f"customElements.whenDefined('{LATER}').then(() => true)")
    page.wait_for_load_state("networkidle")
    seen.script_kb.append(sum(sizes.get(one, 0) for one in scripts) / 1000)
    page.goto("data:text/html,<p>plain", wait_until="commit")
    seen.plain_load.append(probe(page, "shown('p')") / 1000)
    context.close()


def _is_script(told: dict[str, dict[str, str]]) -> bool:
    return "javascript" in told["response"]["mimeType"]


def _read(browser: Browser, hub: Hub, session: str, seen: Seen) -> None:
    """Open the long session, and scroll up in it."""
    context = signed_in(browser, hub)
    page = context.new_page()
    page.goto(hub.url)
    page.locator(ROW).filter(has_text="A long one").click()
    seen.opened.append(probe(page, f"sinceClick('{SAID}')"))
    assert session in page.url
    seen.longest.append(_scrolled(page, probe(page, f"where('{TIMELINE}')"), -WHEEL))
    page.set_content(PLAIN + "".join(f"<p>Paragraph {number}" for number in range(MESSAGES)))
    seen.plain_longest.append(_scrolled(page, {"x": 640, "y": 400}, WHEEL))
    context.close()


def _scrolled(page: Page, place: dict[str, float], wheel: int) -> float:
    """Return the longest frame while a wheel turns, in ms."""
    page.mouse.move(place["x"], place["y"])
    page.evaluate(f"() => {{ window.spans = window.probe.frames({SCROLL_MS}) }}")
    for _ in range(SCROLL_MS // 100):
        page.mouse.wheel(0, wheel)
        page.wait_for_timeout(60)
    spans: list[float] = page.evaluate("() => window.spans")
    return max(spans)


def _stream(browser: Browser, hub: Hub, count: int, seen: Seen) -> None:
    """Watch an answer come."""
    session = hub.session("paced", "Paced")
    context = signed_in(browser, hub)
    page = context.new_page()
    page.goto(f"{hub.url}/sessions/{session}")
    probe(page, f"shown('{COMPOSER}')")
    with traced(browser, page) as work:
        page.evaluate(f"() => {{ window.waits = window.probe.tokens({count}) }}")
        hub.ask("POST", f"/sessions/{session}/messages", {"content": str(count)})
        waits: dict[str, list[float]] = page.evaluate("() => window.waits")
    busy = [work.within(at, at + wait) for at, wait in zip(waits["arrived"], waits["shown"], strict=True)]
    shown, next_frame, own = (quantiles(values, n=20) for values in (waits["shown"], waits["nextFrame"], busy))
    seen.token_median.append(shown[9])
    seen.token_p95.append(shown[18])
    seen.frame_median.append(next_frame[9])
    seen.frame_p95.append(next_frame[18])
    seen.work_median.append(own[9])
    seen.work_p95.append(own[18])
    context.close()


def _remember(browser: Browser, hub: Hub, long: str, visits: int, seen: Seen) -> None:
    """Go to and fro between two sessions, and look at what stays on the heap."""
    other = hub.session("echo", "Another")
    context = signed_in(browser, hub)
    page = context.new_page()
    page.goto(f"{hub.url}/sessions/{long}")
    tools = context.new_cdp_session(page)
    heaps = [_visited(page, tools, visits // 2 or 1, other) for _ in range(3)]
    seen.grown = [(after - before) / 1e6 for before, after in pairwise(heaps)]
    context.close()


def _visited(page: Page, tools: CDPSession, times: int, other: str) -> float:
    """Return the bytes on the heap after so many visits to another session and back."""
    for _ in range(times):
        page.locator(f'{ROW}[data-session-id="{other}"]').click()
        page.wait_for_url(f"**/{other}")
        page.go_back()
        probe(page, f"shown('{SAID}')")  # a handle of Playwright's would keep what it names on the heap
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"])


def _figures(seen: Seen, effort: Effort) -> Iterator[Figure]:
    messages = f"{effort.of(MESSAGES):,} messages"
    plain_load = (Reference("a page of one paragraph", tuple(seen.plain_load)),)
    plain = (Reference("10,000 plain paragraphs", tuple(seen.plain_longest)),)
    yield Figure("JavaScript of the first load, as sent", "kB", tuple(seen.script_kb), None, Bar("<=", 150))
    yield Figure("interactive, CPU slowed 4x", "s", tuple(seen.interactive), None, Bar("<=", 1.0), plain_load)
    yield Figure("list from the hub, CPU slowed 4x", "s", tuple(seen.listed), None, None, plain_load)
    yield Figure(f"session of {messages} opened", "ms", tuple(seen.opened), None, Bar("<=", 300))
    yield Figure("its longest frame while scrolling", "ms", tuple(seen.longest), None, Bar("<=", 33.4), plain)
    frames = [(Reference("the next frame", tuple(values)),) for values in (seen.frame_median, seen.frame_p95)]
    yield Figure("token from socket to paint, p50", "ms", tuple(seen.token_median), None, None, frames[0])
    yield Figure("token from socket to paint, p95", "ms", tuple(seen.token_p95), None, Bar("<=", 16.7), frames[1])
    yield Figure("work for it, without the wait for the frame, p50", "ms", tuple(seen.work_median))
    yield Figure("work for it, without the wait for the frame, p95", "ms", tuple(seen.work_p95), None, Bar("<=", 8.0))
    yield Figure("heap grown by ten visits", "MB", tuple(seen.grown), None, Bar("<=", 0.5))


LIMITS = """
Loading: scripts, of which half are Lit, the shell and the list, half the conversation with its Markdown; then the
ticket, the socket and the first snapshot, one after the other, while the page is drawn. Opening and scrolling: the
layout of the rows that come into view, and Markdown. Tokens: the frame they wait for; most of the work is done before
it, on arrival: a third of that is layout, the rest Lit, and Markdown where a token is more than plain words.
"""

BENCH = Bench(
    name="page",
    measure=_measure,
    describes=__doc__,
    limits=LIMITS,
)
