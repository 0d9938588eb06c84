"""Logs: JSON lines in `<home>/logs/atrium.log`, rotated by size, and readable lines on a terminal. Never a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import Any, TextIO

from atrium.app.home import Home, open_private
from atrium.app.text import printable
from atrium.sdk.tracing import trace_id

FILE_BYTES = 10 * 1024 * 1024
FILES_KEPT = 5
QUIET = ("asyncio", "httpx", "httpx2", "httpcore", "httpcore2", "uvicorn.access", "websockets")

_OWN_FIELDS = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime", "taskName"}
_SECRET_NAME = re.compile(r"(?i)(authorization|cookie|credential|password|secret|token|ticket|api_?key)s?$")
_SECRET_TEXT = re.compile(r"(?i)\b(bearer\s+|(?:token|ticket|code|api_?key|password)=)[^\s&\"']+")


def start(home: Home, level: str, *, terminal: TextIO | None = None) -> None:
    """Send all logs to the home's file and, if there is a terminal, to that as readable lines."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.setLevel(level.upper())
    root.addHandler(_file_handler(home))
    if terminal is not None:
        shown = logging.StreamHandler(terminal)
        shown.setFormatter(TerminalFormatter())
        root.addHandler(shown)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


class _OwnersFile(RotatingFileHandler):
    """A rotating file that its owner alone can read."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding="utf-8", opener=open_private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name that logging calls
        """Leave the line out, and say so on standard error in one: the disk is full, and the hub goes on."""
        print(f"cannot log to {self.baseFilename}: {sys.exception()}", file=sys.stderr)


def _file_handler(home: Home) -> logging.Handler:
    handler = _OwnersFile(home.log, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, delay=True)
    handler.setFormatter(JsonFormatter())
    return handler


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, event, and what was given with `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; control characters are escaped by JSON, secrets are left out."""
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": without_secrets(record.getMessage()),
            **({"traceId": trace} if (trace := trace_id.get()) else {}),
            **fields_of(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = without_secrets("".join(traceback.format_exception(record.exc_info[1])))
        return json.dumps(line, ensure_ascii=False, default=str)


class TerminalFormatter(logging.Formatter):
    """One readable line: time, level, event, fields. A failure's last line only; the file has the whole of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with everything that could steer a terminal escaped."""
        time = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        parts = [f"{time} {record.levelname.lower():7} {without_secrets(record.getMessage())}"]
        parts += [f"{name}={value}" for name, value in fields_of(record).items()]
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            parts.append(without_secrets(f"({type(error).__name__}: {error})"))
        return printable(" ".join(parts))


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given with `extra`, secrets replaced by their names' sake."""
    given = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
    return {name: _clean(name, value) for name, value in given.items()}


def without_secrets(text: str) -> str:
    """Return the text with what looks like a bearer token, a ticket, a code or a key taken out."""
    return _SECRET_TEXT.sub(r"\1***", text)


def _clean(name: str, value: Any) -> Any:
    if isinstance(value, int | float | bool | None):
        return value  # a count, such as outputTokens
    if _SECRET_NAME.search(name):
        return "***"
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", item) for item in value]
    return without_secrets(str(value))


def terminal_or_none() -> TextIO | None:
    """Return standard error if a person looks at it."""
    return sys.stderr if sys.stderr is not None and sys.stderr.isatty() else None
