"""Whoever has no nginx or Caddy is told once; continuous integration must have both."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.proxies.fronts import FRONTS, missing

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("CI") == "true":
        return
    reasons = {kind: reason for kind in FRONTS if (reason := missing(kind))}
    for item in items:
        if HERE in item.path.parents and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            for kind in reasons.keys() & set(map(str, item.callspec.params.values())):
                item.add_marker(pytest.mark.skip(reason=reasons[kind]))
