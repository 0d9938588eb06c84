"""Points in time as they travel."""

from __future__ import annotations

from datetime import UTC, datetime


def wire_time(seconds: float) -> str:
    """Return ISO 8601, UTC, with milliseconds; `seconds` counts from 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
