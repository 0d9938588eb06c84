"""Thousands of connections need thousands of files."""

from __future__ import annotations

import resource

import pytest


@pytest.fixture(autouse=True, scope="session")
def many_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
