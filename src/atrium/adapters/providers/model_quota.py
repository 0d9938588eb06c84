"""What a vendor's headers tell of its limits: how much is left, and when it is there again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from datetime import datetime

from atrium.sdk.providers import Quota

_ANTHROPIC = ("requests", "tokens", "input-tokens", "output-tokens")
_OPENAI = ("requests", "tokens")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def read_quota(headers: Mapping[str, str]) -> tuple[Quota, ...]:
    """Return the limits that an answer's headers tell, none for a vendor that tells none."""
    found = [
        _quota(name.replace("-", "_"), *(headers.get(f"anthropic-ratelimit-{name}-{part}") for part in _PARTS))
        for name in _ANTHROPIC
    ]
    found += [_quota(name, *(headers.get(f"x-ratelimit-{part}-{name}") for part in _PARTS)) for name in _OPENAI]
    return tuple(quota for quota in found if quota is not None)


def wait_of(quotas: Iterable[Quota]) -> float | None:
    """Return the seconds until what is used up is whole again, None if nothing is or nobody says when."""
    moments = [quota.resets_at for quota in quotas if quota.remaining == 0 and quota.resets_at is not None]
    return max(0.0, max(moments) - time.time()) if moments else None


_PARTS = ("limit", "remaining", "reset")


def _quota(name: str, limit: str | None, remaining: str | None, reset: str | None) -> Quota | None:
    if not _is_number(limit) or not _is_number(remaining):
        return None
    return Quota(name, int(limit or 0), int(remaining or 0), _moment(reset or ""))


def _is_number(text: str | None) -> bool:
    return text is not None and re.fullmatch(r"[0-9]{1,15}", text) is not None


def _moment(text: str) -> float | None:
    """Return a point in time, in seconds since 1970: one in ISO 8601, or a span from now like `6m0s`."""
    spans = _SPAN.findall(text)
    if spans and "".join(number + unit for number, unit in spans) == text:
        return time.time() + sum(float(number) * _SECONDS[unit] for number, unit in spans)
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
