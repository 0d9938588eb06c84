"""Days and months, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from atrium.contracts.usage import Period
from atrium.sdk.clock import timestamp

DAY_SECONDS = 86_400


def day_of(seconds: float) -> str:
    """Return the day of a point in time, as `2026-11-21`."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def next_start(period: Period, seconds: float) -> float:
    """Return when the next day or month begins."""
    midnight = datetime.fromtimestamp(seconds, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "day":
        return (midnight + timedelta(days=1)).timestamp()
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()


def written_time(stamp: str) -> str:
    """Return a stored point in time as people read it, who may be in any zone: `2026-11-22 01:13 UTC`."""
    return f"{stamp[:16].replace('T', ' ')} UTC"


def stamp_of(seconds: float | None) -> str | None:
    """Return a point in time as it is written, None for none or one that cannot be."""
    if seconds is None:
        return None
    try:
        return timestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return None
