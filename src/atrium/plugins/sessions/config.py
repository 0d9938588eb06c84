"""Settings of the sessions plugin."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from atrium.sdk import Config


class SessionsConfig(Config):
    """Settings of the sessions plugin."""

    max_concurrent: int = Field(default=50, ge=1, le=10_000)
    """How many turns may run at once in the whole hub; others wait as queued."""

    cold_storage_timeout: int = Field(default=3600, ge=0)
    """Seconds after which an idle session may leave the database; 0 is never."""

    max_draft_bytes: int = Field(default=262_144, ge=1_024, le=1 << 20)
    """How long a draft may be, in bytes of UTF-8."""

    attachment_limit: int = Field(default=10 << 20, ge=1_024, le=100 << 20)
    """How large an image may be that is attached to a message, in bytes."""

    summarise: bool = True
    """Whether a provider that cannot read all of a conversation with another is given its older part as a summary."""

    persistence_format: Literal["jsonl", "none"] = "jsonl"
    """Whether each session's history is also kept as a text file below `<home>/sessions/`."""
