"""Settings of the usage plugin."""

from __future__ import annotations

from pydantic import Field

from atrium.sdk import Config


class UsageConfig(Config):
    """Settings of the usage plugin."""

    warn_at: tuple[float, ...] = Field(default=(0.8, 1.0), max_length=10)
    """The shares of a budget at which you are warned, from 0 to 1."""

    quota_warning: float = Field(default=0.1, ge=0, le=1)
    """The share of a provider's own limit that is left when you are warned."""

    history_days: int = Field(default=400, ge=32)
    """How many days what was used is kept."""
