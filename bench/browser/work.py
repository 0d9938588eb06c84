"""How long the page's main thread was busy, from Chromium's own trace: all that it does, but not what it waits for."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

CATEGORIES = ["toplevel", "blink.user_timing"]
TASK = "ThreadControllerImpl::RunTask"
MARK = "trace"


@dataclass(slots=True)
class Work:
    """The tasks of a thread one after another: when each began and ended, in ms of the page's `performance.now()`."""

    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def within(self, begin: float, end: float) -> float:
        """Return how many of these ms the thread was busy."""
        busy = 0.0
        for index in range(bisect_left(self.ended, begin), len(self.began)):
            if self.began[index] >= end:
                break
            busy += min(self.ended[index], end) - max(self.began[index], begin)
        return busy


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[Work]:
    """Trace the page; the work is known when the block has ended."""
    work = Work()
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.evaluate(f"() => performance.mark('{MARK}')")
    try:
        yield work
    finally:
        _fill(work, json.loads(browser.stop_tracing())["traceEvents"])


def _fill(work: Work, events: list[dict[str, Any]]) -> None:
    mark = next(event for event in events if event["name"] == MARK)
    thread = mark["pid"], mark["tid"]
    start = mark["ts"] / 1000 - mark["args"]["data"]["startTime"]
    tasks = (event for event in events if event["name"] == TASK and (event["pid"], event["tid"]) == thread)
    for task in sorted(tasks, key=lambda task: float(task["ts"])):
        began = task["ts"] / 1000 - start
        work.began.append(began)
        work.ended.append(began + task.get("dur", 0) / 1000)
