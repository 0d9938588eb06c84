"""The circuit of a provider: one that fails several times in a row is left alone for a while, then tried once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal

from atrium.sdk import Clock, ProviderError
from atrium.sdk.errors import ProviderRateLimited, ProviderSuspended
from atrium.sdk.phrases import phrase

log = logging.getLogger(__name__)

FAILURES = 5
"""Failures in a row after which a provider is left alone."""

OPEN_SECONDS = 300.0
PROBING_SECONDS = 5.0
"""What whoever comes while a probe runs is told to wait."""

CircuitState = Literal["closed", "open", "halfOpen"]


@dataclass(slots=True)
class Circuit:
    """Counts failures in a row. Closed: all may pass. Open: none. Half-open: one, the probe, and what it finds decides.

    It is kept in memory: a hub that starts anew trusts every provider.
    """

    provider_id: str
    clock: Clock
    failures: int = 0
    last: str = ""
    _limited_until: float = 0.0
    _until: float | None = None
    _probing: bool = False

    @property
    def state(self) -> CircuitState:
        """Return whether turns may pass."""
        if self._until is None:
            return "closed"
        return "open" if self.clock.monotonic() < self._until else "halfOpen"

    @property
    def is_limited(self) -> bool:
        """Tell whether its limit was reached and, as it said then, still is: who asks for it by name may try."""
        return self.clock.monotonic() < self._limited_until

    @property
    def retry_after(self) -> float:
        """Return the seconds until it is worth asking again."""
        if self._until is None:
            return 0.0
        return max(self._until - self.clock.monotonic(), PROBING_SECONDS if self._probing else 0.0)

    def enter(self) -> bool:
        """Let an attempt pass and tell whether it is the probe; raises `ProviderSuspended` if it may not."""
        if self._until is None:
            return False
        if self._probing or self.state == "open":
            wait = self.retry_after
            detail = f"{self.provider_id}: {self.failures} failures in a row, the last one: {self.last}"
            said = phrase(
                "providers.suspended",
                f"{detail}; it is asked again in {wait:.0f} s",
                provider=self.provider_id,
                failures=self.failures,
                last=str(self.last),
                seconds=round(wait),
            )
            raise ProviderSuspended(said, retry_after=wait)
        self._probing = True
        log.info("provider %s is tried again after its failures", self.provider_id)
        return True

    def answered(self) -> None:
        """Note that the provider has begun to answer: it is there, but one more failure is one too many."""
        self._limited_until = 0.0
        if self._until is not None:
            log.info("provider %s answers again", self.provider_id)
            self._until, self._probing = None, False

    def succeeded(self) -> None:
        """Note that an attempt came to its end."""
        self.answered()
        self.failures = 0

    def failed(self, error: ProviderError) -> None:
        """Note a failure."""
        self.failures += 1
        self.last = str(error)
        if isinstance(error, ProviderRateLimited) and error.retry_after:
            self._limited_until = self.clock.monotonic() + error.retry_after
        if self.failures >= FAILURES:
            if self.state != "open":
                log.warning(
                    "provider %s failed %d times in a row and is left alone for %.0f s: %s",
                    self.provider_id, self.failures, OPEN_SECONDS, error,
                )  # fmt: skip
            self._until, self._probing = self.clock.monotonic() + OPEN_SECONDS, False

    def leave(self, *, probe: bool) -> None:
        """Note that an attempt is over, however it ended: one that was cancelled has found out nothing."""
        if probe:
            self._probing = False

    def describe(self) -> dict[str, Any]:
        """Return it as `GET /providers` shows it; `retryAfter` in seconds."""
        described: dict[str, Any] = {"state": self.state, "failures": self.failures}
        return described if self._until is None else described | {"retryAfter": round(self.retry_after, 3)}
