"""Sessions over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from atrium.client.answers import mapping, model
from atrium.client.http import Http
from atrium.contracts.composing import Attachment
from atrium.contracts.sessions import Message, MessageAccepted, Session


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One page of sessions, the revision it was read at, and the cursor of the page after it."""

    revision: str
    sessions: tuple[Session, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of messages, oldest first, and the cursor of the page after it."""

    messages: tuple[Message, ...]
    next_cursor: str | None


class Sessions:
    """What can be done with sessions. Every call raises `ProblemError` when the hub refuses it."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def create(
        self,
        provider_id: str,
        *,
        title: str = "",
        tags: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        fallback: Sequence[str] | None = None,
    ) -> str:
        """Create a session and return its id; `fallback` are the providers that go on when its own fails."""
        body: dict[str, Any] = {"providerId": provider_id}
        if settings:
            body["settings"] = dict(settings)
        if fallback is not None:
            body["fallback"] = list(fallback)
        if title or tags:
            body["metadata"] = {"title": title, "tags": list(tags)}
        answer = await self._http.call("POST", "/sessions", body=body)
        return str(mapping(answer, "sessionId")["sessionId"])

    async def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        status: str | None = None,
        tag: str | None = None,
        provider_id: str | None = None,
        sort: str | None = None,
    ) -> SessionPage:
        """Return one page of sessions, the newest first unless `sort` says otherwise."""
        params = {
            "limit": limit,
            "cursor": cursor,
            "status": status,
            "tag": tag,
            "providerId": provider_id,
            "sort": sort,
        }
        answer = mapping(await self._http.call("GET", "/sessions", params=params), "revision", "data")
        sessions = tuple(model(Session, item) for item in answer["data"])
        return SessionPage(str(answer["revision"]), sessions, answer.get("nextCursor"))

    async def all(self, **filters: Any) -> AsyncGenerator[Session]:
        """Go through every session, page by page; takes the filters of `list`."""
        cursor: str | None = None
        while True:
            page = await self.list(cursor=cursor, **filters)
            for session in page.sessions:
                yield session
            cursor = page.next_cursor
            if cursor is None:
                return

    async def get(self, session_id: str) -> Session:
        """Return one session."""
        return _session(await self._http.call("GET", _path(session_id)))

    async def rename(self, session_id: str, title: str) -> Session:
        """Give a session another title."""
        return await self._patch(session_id, {"title": title})

    async def tag(self, session_id: str, tags: Sequence[str]) -> Session:
        """Give a session other tags, replacing those it has."""
        return await self._patch(session_id, {"tags": list(tags)})

    async def delete(self, session_id: str) -> None:
        """Delete a session with its history, everywhere and for good."""
        await self._http.call("DELETE", _path(session_id))

    async def attach(self, session_id: str, name: str, media_type: str, content: bytes) -> Attachment:
        """Upload an image, which messages of the session may name then."""
        path, headers = _path(session_id, "attachments"), {"Content-Type": media_type}
        answer = await self._http.call("POST", path, params={"name": name}, content=content, headers=headers)
        return model(Attachment, answer)

    async def send(
        self,
        session_id: str,
        content: str,
        *,
        client_token: str | None = None,
        target_agent: str | None = None,
        attachments: Sequence[str] = (),
    ) -> MessageAccepted:
        """Send a message; when this returns it is stored for good and its turn is queued.

        Sent again under the same token until the hub answers, so it is there once however often the hub went away.
        `attachments` are the ids of images that were uploaded to the session; with them the content may be empty.
        """
        body: dict[str, Any] = {"content": content, "clientToken": client_token or str(uuid.uuid4())}
        if target_agent is not None:
            body["targetAgent"] = target_agent
        if attachments:
            body["attachments"] = list(attachments)
        answer = await self._http.call_repeatable("POST", _path(session_id, "messages"), body=body)
        return model(MessageAccepted, answer)

    async def messages(self, session_id: str, *, limit: int | None = None, cursor: str | None = None) -> MessagePage:
        """Return one page of a session's messages, oldest first."""
        params = {"limit": limit, "cursor": cursor}
        answer = mapping(await self._http.call("GET", _path(session_id, "messages"), params=params), "data")
        return MessagePage(tuple(model(Message, item) for item in answer["data"]), answer.get("nextCursor"))

    async def mark_read(self, session_id: str, offset: int) -> None:
        """Note that the person has read a session up to an offset of its history; never less than before."""
        await self._http.call("PUT", _path(session_id, "read"), body={"offset": str(offset)})

    async def cancel(self, session_id: str, *, turn_id: str | None = None) -> None:
        """Cancel a turn: by default the one that runs, or else dismiss the one that was interrupted."""
        await self._http.call("POST", _path(session_id, "cancel"), body=_turn(turn_id))

    async def stop(self, session_id: str) -> None:
        """Stop a session: its history stays, new messages are refused."""
        await self._http.call("POST", _path(session_id, "stop"))

    async def retry(self, session_id: str, *, turn_id: str | None = None) -> None:
        """Run a turn again that failed, was cancelled or interrupted: by default the last such turn."""
        await self._http.call("POST", _path(session_id, "retry"), body=_turn(turn_id))

    async def switch_provider(self, session_id: str, provider_id: str, *, retry: bool = False) -> Session:
        """Let another provider answer, with the conversation so far; `retry` asks what failed last again as well."""
        body = {"providerId": provider_id, "retry": retry}
        return _session(await self._http.call("POST", _path(session_id, "provider"), body=body))

    async def choices(self, session_id: str) -> Mapping[str, Any]:
        """Return the models and modes it may choose: `{model, mode}`, each `{chosen, own, choices: [{id, name}]}`."""
        return mapping(await self._http.call("GET", _path(session_id, "choices")), "model", "mode")

    async def choose(self, session_id: str, *, model: str | None = None, mode: str | None = None) -> Session:
        """Choose the model or the mode from the next turn on; an empty one is the provider's own."""
        body = {kind: value for kind, value in (("model", model), ("mode", mode)) if value is not None}
        return _session(await self._http.call("PATCH", _path(session_id), body=body))

    async def fork(self, session_id: str, *, at: int | None = None) -> str:
        """Copy a session, up to an offset of its history, and return the new one's id."""
        body = {} if at is None else {"at": str(at)}
        answer = await self._http.call("POST", _path(session_id, "fork"), body=body)
        return str(mapping(answer, "sessionId")["sessionId"])

    async def _patch(self, session_id: str, metadata: Mapping[str, Any]) -> Session:
        return _session(await self._http.call("PATCH", _path(session_id), body={"metadata": metadata}))


def _path(session_id: str, action: str = "") -> str:
    path = f"/sessions/{quote(session_id, safe='')}"
    return f"{path}/{action}" if action else path


def _turn(turn_id: str | None) -> dict[str, str]:
    return {} if turn_id is None else {"turnId": turn_id}


def _session(answer: Any) -> Session:
    return model(Session, mapping(answer, "data")["data"])
