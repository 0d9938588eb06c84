"""The errors of the client.

ClientError
    NotRunning              no hub answers
    ConnectionLost          the hub went away before it answered
    ProblemError            the hub answered with a problem
    StreamReset             the cursor does not belong to the stream any more
    UnexpectedAnswer        what came back is not what `docs/reference` promises
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from atrium.contracts.problems import Problem, ProblemAction, ProblemField


class ClientError(Exception):
    """The client could not do what was asked."""


class NotRunning(ClientError):
    """No hub answers."""

    def __init__(self, detail: str = "Atrium is not running; start it with `atrium up`") -> None:
        super().__init__(detail)


class ConnectionLost(ClientError):
    """The hub went away before it answered: what was asked may or may not have been done."""


class UnexpectedAnswer(ClientError):
    """What answered does not speak the hub's protocol."""


class StreamReset(ClientError):
    """The cursor does not belong to the stream any more: begin again at 0."""

    def __init__(self, stream: str, reason: str) -> None:
        super().__init__(f"the history of {stream} was reset ({reason}): read it again from the beginning")
        self.stream = stream
        self.reason = reason


class ProblemError(ClientError):
    """The hub answered with a problem (RFC 9457). `code` is stable, `detail` is for people."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail or problem.title)
        self.problem = problem

    @property
    def code(self) -> str:
        """Return the stable code, such as `NOT_FOUND`."""
        return self.problem.code

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self.problem.status

    @property
    def detail(self) -> str:
        """Return what is wrong in this case."""
        return self.problem.detail

    @property
    def actions(self) -> tuple[ProblemAction, ...]:
        """Return what a person can do about it."""
        return self.problem.actions

    @property
    def fields(self) -> tuple[ProblemField, ...]:
        """Return what is wrong with which field of the input."""
        return self.problem.errors

    @property
    def retry_after(self) -> float | None:
        """Return the seconds after which asking again makes sense."""
        return self.problem.retry_after

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], *, status: int = 0) -> ProblemError:
        """Build the error from a problem document; what a broken one leaves out is filled in."""
        known = {
            name: data[name] for name in ("type", "detail", "code", "timestamp") if isinstance(data.get(name), str)
        }
        title = data.get("title")
        filled = {
            "title": title if isinstance(title, str) else f"the hub answered {status}",
            "status": status,
            "detail": "",
            "code": f"HTTP_{status}",
            "timestamp": "",
            "traceId": "",
        }
        try:
            problem = Problem.model_validate({**filled, **data}, extra="ignore")
        except ValueError:
            problem = Problem.model_validate({**filled, **known})
        return cls(problem)
