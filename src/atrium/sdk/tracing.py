"""The trace id of what is being done: it travels with the context of a request into every log line."""

from __future__ import annotations

from contextvars import ContextVar

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
