"""How many files a process may have open: each client that is connected takes one."""

from __future__ import annotations

import resource
import sys

ENOUGH = 10_240
"""Ten thousand clients, and what the hub itself has open."""


def raise_limit() -> None:
    """Raise this process's limit as far as it may itself; a system that refuses keeps the one it has."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        return  # macOS refuses more than kern.maxfilesperproc; `atrium doctor` says when the limit is low


def limit_of(hub: int | None) -> int:
    """Return how many files the hub of this process id may have open, or, without one, a hub started from here."""
    if hub and sys.platform == "linux":
        limit = resource.prlimit(hub, resource.RLIMIT_NOFILE)[0]
    else:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit
