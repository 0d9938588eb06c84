"""Deleting with a way back: a session disappears at once, and is deleted for good when it was not brought back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from atrium.client import Client, ClientError, ProblemError

UNDO_SECONDS = 8.0


class Deletions:
    """Sessions that are about to be deleted, the last one last."""

    def __init__(self, client: Client, failed: Callable[[str, ClientError], None]) -> None:
        self._client = client
        self._failed = failed
        self._pending: dict[str, str] = {}

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._pending

    def add(self, session_id: str, title: str) -> Callable[[], Awaitable[None]]:
        """Hide a session; returns what deletes it for good unless it was brought back."""
        self._pending[session_id] = title

        async def settle() -> None:
            await self._delete(session_id)

        return settle

    def bring_back(self) -> tuple[str, str] | None:
        """Bring back the session that was hidden last and return its id and title."""
        return self._pending.popitem() if self._pending else None

    async def settle_all(self) -> None:
        """Delete for good all that wait."""
        for session_id in list(self._pending):
            await self._delete(session_id)

    async def _delete(self, session_id: str) -> None:
        if session_id not in self._pending:
            return
        try:
            await self._client.sessions.delete(session_id)
        except ProblemError as problem:
            if problem.code != "NOT_FOUND":
                self._failed(session_id, problem)
        except ClientError as error:
            self._failed(session_id, error)
        finally:
            self._pending.pop(session_id, None)
