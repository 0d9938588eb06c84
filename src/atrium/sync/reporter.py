"""Where the engine's failures and steps are told: the logger and the error hook."""

from contextlib import suppress

from atrium.sync.ports import Logger, NullLogger, OnError, SyncErrorContext, SyncPhase


class Reporter:
    """Tell the application what happened, and survive it when the telling itself fails."""

    def __init__(self, topic: str, logger: Logger | None, on_error: OnError | None) -> None:
        self.topic = topic
        self._logger = logger or NullLogger()
        self._on_error = on_error

    def step(self, message: str, **details: object) -> None:
        """Trace one step."""
        # A broken logger is the application's own fault and has no better place to be reported than itself.
        with suppress(Exception):
            self._logger.debug(message, {"topic": self.topic, **details})

    def failure(self, phase: SyncPhase, error: BaseException, source_event: object = None) -> None:
        """Report a failure to the log and to the hook."""
        self._log("%(phase)s of %(topic)s failed: %(error)r", phase, error)
        if self._on_error is None:
            return
        try:
            self._on_error(SyncErrorContext(phase=phase, error=error, topic=self.topic, source_event=source_event))
        except Exception as hook_error:  # noqa: BLE001 - a broken hook must not end the sync
            self._log("on_error hook of %(topic)s failed: %(error)r", phase, hook_error)

    def _log(self, message: str, phase: SyncPhase, error: BaseException) -> None:
        with suppress(Exception):
            self._logger.error(message, {"topic": self.topic, "phase": phase, "error": error})
