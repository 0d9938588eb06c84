"""Settings of the approvals plugin."""

from __future__ import annotations

from pydantic import Field

from atrium.contracts.approvals import Risk
from atrium.sdk import Config


class ApprovalsConfig(Config):
    """Settings of the approvals plugin."""

    low_seconds: float = Field(default=300, ge=1, le=86_400)
    """How long a question of low risk waits for an answer, where it is asked at all."""

    medium_seconds: float = Field(default=300, ge=1, le=86_400)
    """How long a question of medium risk waits for an answer."""

    high_seconds: float = Field(default=600, ge=1, le=86_400)
    """How long a question of high risk waits for an answer."""

    warning_seconds: float = Field(default=60, ge=1)
    """How long before it expires a question is announced again."""

    ask_low: bool = False
    """Whether acts of low risk are asked about as well; otherwise they are allowed and noted."""

    max_pending: int = Field(default=100, ge=1, le=10_000)
    """How many questions of one person may wait at once; further acts are refused."""

    history_days: int = Field(default=90, ge=1)
    """How long closed questions are kept."""

    def seconds(self, risk: Risk) -> float:
        """Return how long a question waits for an answer."""
        return {"low": self.low_seconds, "medium": self.medium_seconds, "high": self.high_seconds}[risk]
