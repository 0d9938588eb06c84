"""What holds for every test: where the browser is, and that continuous integration skips no browser test."""

import os
import shutil
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "src/atrium/plugins/gateway/static/index.html"
# How long an example takes says more about what else the machine does than about the example.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Return the path of the Chromium to test with, or None."""
    named = os.environ.get("ATRIUM_CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium to give to Playwright as `executable_path`."""
    path = find_chromium()
    assert path is not None, "a test that asks for `chromium` is marked `browser`"
    return path


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        # Coverage has begun in this worker. What its tests start, daemons and commands, runs as it does for a user: the
        # code that the floors are for is covered from inside, and tracing each start doubled the time of all of it.
        os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
        os.environ.pop("COVERAGE_PROCESS_START", None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    covering = sys.modules.get("coverage")
    if covering is not None and hasattr(session.config, "workerinput"):
        # A worker has ten seconds to end after this, too little on a busy machine: then what it covered would be lost.
        current = covering.Coverage.current()
        if current is not None:
            current.save()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium() is None:
        reason = "no Chromium: apt-get install chromium, or set ATRIUM_CHROMIUM"
    elif not PAGE.is_file():
        reason = "the web page is not built: make web"
    else:
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, pytest.TestReport]:
    report: pytest.TestReport = yield
    if report.skipped and item.get_closest_marker("browser") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"a browser test must not be skipped with CI=true: {report.longrepr}"
    return report
