"""The daemon: this process, from the lock on its home to its exit code."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlsplit

from atrium import __version__
from atrium.app import logs, open_files
from atrium.app.composition import Hub, build, find_settings
from atrium.app.errors import CommandFailed, ExitCode
from atrium.app.home import Home, open_private
from atrium.app.lock import HomeLock
from atrium.app.options import Options
from atrium.sdk import PluginFailed
from atrium.sdk.crash_points import crash_point

log = logging.getLogger("atrium.daemon")

OnReady = Callable[[Hub], Awaitable[None]]


class StartFailed(CommandFailed):
    """The hub could not start."""


def run(home: Home, options: Options, on_ready: OnReady) -> int:
    """Run the hub in this process until it is told to stop; return the exit code.

    Raises `HomeHeld`, `ConfigInvalid`, `StartFailed` and their kin before anything runs. What ends the hub
    unexpectedly is written to `logs/crash-<time>.json` and raised.
    """
    home.create()
    with ExitStack() as locks:
        locks.enter_context(HomeLock(home.lock))
        open_files.raise_limit()
        settings, chosen = find_settings(home, options)
        data = home.data(settings.core.data_dir)
        if data.parent != home.root:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            locks.enter_context(HomeLock(data / "lock"))
        logs.start(home, settings.core.log_level, terminal=logs.terminal_or_none())
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                return runner.run(_main(home, options, lambda: build(home, settings, chosen, options), on_ready))
        except CommandFailed:
            raise
        except Exception as error:
            _write_crash(home, error)
            raise


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _main(home: Home, options: Options, assemble: Callable[[], Awaitable[Hub]], on_ready: OnReady) -> int:
    hub = await assemble()
    stop = StopSwitch()
    hub.runtime.service_registry.register("core.shutdown", stop.shutdown, owner="app")
    with stop.signals():
        try:
            await hub.runtime.start()
            await _open_gateway(hub)
            _write_options(home, options, hub)
            log.info("started", extra={"version": __version__, "pid": os.getpid()})
            _collect_garbage_seldom()
            await on_ready(hub)
            graceful = await stop.wait()
        except BaseException:
            await hub.runtime.stop(drain_seconds=0)
            raise
        log.info("stopping")
        await hub.runtime.stop(drain_seconds=hub.settings.core.drain_timeout if graceful else 0)
    crash_point("stop.stored")
    home.options.unlink(missing_ok=True)
    log.info("stopped")
    return ExitCode.OK


def _collect_garbage_seldom() -> None:
    gc.freeze()  # what a start makes stays: looking at it again would find nothing
    gc.set_threshold(10_000)  # messages make little that is cyclic: an eighth of their CPU went into looking
    gc.enable()


class StopSwitch:
    """What tells the hub to stop: the first signal or `core.shutdown` lets it finish, the second ends it."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._graceful = True

    async def wait(self) -> bool:
        """Return when told to stop: whether running turns may finish."""
        await self._told.wait()
        return self._graceful

    async def shutdown(self, graceful: bool = True) -> None:
        """Stop the hub and return at once; running turns may finish if `graceful`. Told again without: end it now."""
        if self._told.is_set() and not graceful:
            self._end_at_once(signal.SIGTERM)
        self._graceful = graceful
        self._told.set()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Listen to SIGTERM and SIGINT for as long as the block lasts."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def _signalled(self, number: int) -> None:
        if self._told.is_set():
            self._end_at_once(number)
        self._told.set()

    def _end_at_once(self, number: int) -> NoReturn:
        log.warning("stopped at once when told a second time")
        logging.shutdown()
        os._exit(128 + number)


async def _open_gateway(hub: Hub) -> None:
    """Wait until requests are answered: without its gateway nobody could reach the hub, not even to stop it."""
    try:
        gateway = hub.gateway
    except PluginFailed as error:
        raise StartFailed(error.detail) from None
    if gateway is not None:
        await gateway.opened()


def _write_options(home: Home, options: Options, hub: Hub) -> None:
    """Write how the hub was started, with the port it got, so that clients find it there again after a restart."""
    if hub.gateway is not None:
        options = replace(options, port=urlsplit(hub.gateway.address).port)
    text = json.dumps(asdict(options))
    with open(home.options, "w", encoding="utf-8", opener=open_private) as file:
        crash_point("options.torn", lambda: print(text[: len(text) // 2], end="", file=file, flush=True))
        file.write(text)
    crash_point("options.written")


def _write_crash(home: Home, error: Exception) -> None:
    now = datetime.now(UTC)
    report = {
        "timestamp": now.isoformat(timespec="milliseconds"),
        "version": __version__,
        "python": sys.version,
        "platform": sys.platform,
        "pid": os.getpid(),
        "error": logs.without_secrets(f"{type(error).__name__}: {error}"),
        "traceback": logs.without_secrets("".join(traceback.format_exception(error))),
    }
    path = home.logs / f"crash-{now:%Y%m%dT%H%M%S.%fZ}.json"
    try:
        with open(path, "x", encoding="utf-8", opener=open_private) as file:
            json.dump(report, file, indent=2)
    except OSError as failure:  # a full disk, which may be why it ended: what ended it matters more
        log.critical("the hub ended unexpectedly", extra={"report": f"not written: {failure}"}, exc_info=error)
    else:
        log.critical("the hub ended unexpectedly", extra={"report": str(path)}, exc_info=error)
