"""Sessions: conversations that outlive clients and restarts, and the turns that run in them."""

from __future__ import annotations

from typing import Any

from pydantic import StrictBool

from atrium.contracts.sessions import (
    CancelTurn,
    CreateSession,
    MessageAccepted,
    MessageStored,
    SendMessage,
    SessionCreated,
    SessionState,
    SessionUpdated,
    TurnAccepted,
    TurnFinished,
)
from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.composing import Composing
from atrium.plugins.sessions.conversation import last_messages, message_page
from atrium.plugins.sessions.creating import Created, Fork
from atrium.plugins.sessions.desk import Desk
from atrium.plugins.sessions.documents import INDEXES, TOPICS, check_id, find_session, stream_of
from atrium.plugins.sessions.history import page_before, reply
from atrium.plugins.sessions.listing import get_session, overview
from atrium.plugins.sessions.marks import mark_read
from atrium.plugins.sessions.selection import filters, selection
from atrium.plugins.sessions.sending import new_message, send
from atrium.sdk import (
    CursorReset,
    EntryStream,
    Manifest,
    Principal,
    Reply,
    Resource,
    frame,
    route,
    service,
)
from atrium.sdk.inputs import invalid, parse
from atrium.sdk.phrases import phrase


class Sessions(Composing):
    """Owns the `sessions.*` services, the `sessions` topics and the `sessions/<id>` streams."""

    manifest = Manifest(
        name="sessions",
        version="1.0.0",
        dependencies=("providers",),
        description=phrase("plugins.sessions", "Conversations that outlive clients and restarts"),
        emits=(SessionUpdated, MessageStored, TurnFinished),
        features=("sessions",),
    )
    topics = TOPICS
    indexes = INDEXES

    async def start(self) -> None:
        """Put in order what the last stop left behind, and go on with queued turns."""
        self.context.extensions.contribute("gateway.push", None, event_type=SessionUpdated.type, frame="session:update")
        self._desk = Desk(self.context, self.config)
        await self._desk.open()

    async def drain(self) -> None:
        """Start no more turns and wait for those that run."""
        if self._desk is not None:
            await self._desk.drain()

    async def stop(self) -> None:
        """End the turns that still run as interrupted, with the text they have."""
        desk, self._desk = self._desk, None
        if desk is not None:
            await desk.close()

    @route("POST", "/sessions", status=201)
    @service("sessions.create")
    async def create(
        self,
        caller: Principal,
        provider_id: str,
        settings: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
        hub_url: str | None = None,
        fallback: list[str] | None = None,
    ) -> SessionCreated:
        """Create a session; the same `Idempotency-Key` and request give the same one.

        `fallback` are the providers that go on with it when its own fails, by default those of the settings.
        """
        session = self.desk.creator.new_session(provider_id, settings, metadata, fallback)
        key = inputs.idempotency_key(idempotency_key)
        return _created(await self.desk.acts.run("create", self.desk.creator.create(caller, session, key)), hub_url)

    @route("GET", "/sessions")
    @service("sessions.list")
    async def list_sessions(  # noqa: PLR0913  # one argument for each parameter of the query
        self,
        caller: Principal,
        limit: int | None = None,
        cursor: str | None = None,
        offset: int | None = None,
        status: str | None = None,
        tag: str | None = None,
        provider_id: str | None = None,
        sort: str | None = None,
        q: str | None = None,
        pinned: bool | None = None,
        unread: bool | None = None,
    ) -> Resource:
        """List sessions, by default the last used first; `limit` is 1 to 500, by default 100.

        `q` finds those that have each of its words in their title or a tag.
        """
        chosen = filters(status=status, tag=tag, provider_id=provider_id, q=q, pinned=pinned, unread=unread)
        wanted = selection(chosen, limit=limit, cursor=cursor, skip=offset, sort=sort)
        return await self.desk.lists.page(self.storage.of(caller.space), wanted)

    @route("GET", "/sessions/{session_id}")
    @service("sessions.get")
    async def get(self, caller: Principal, session_id: str, include: str | None = None) -> Resource:
        """Return a session; `include=messages` adds its last messages."""
        if include not in {None, "messages"}:
            raise invalid("include", "give messages, or leave it out")
        storage = self.storage.of(caller.space)
        resource = await get_session(storage, check_id(session_id))
        if include == "messages":
            resource.data["messages"] = await last_messages(storage, session_id)
        return resource

    @route("PATCH", "/sessions/{session_id}")
    @service("sessions.update")
    async def update(
        self,
        caller: Principal,
        session_id: str,
        metadata: dict[str, Any] | None = None,
        if_match: str | None = None,
        pinned: StrictBool | None = None,
        fallback: list[str] | None = None,
        model: str | None = None,
        mode: str | None = None,
    ) -> Resource:
        """Rename, tag or pin a session, or say which providers go on when its own fails; absent fields stay.

        Or choose its `model` or `mode`, an empty one being the provider's own, in a request that changes nothing else.
        """
        chosen = {kind: value for kind, value in (("model", model), ("mode", mode)) if value is not None}
        if chosen and not (metadata is None and pinned is None and fallback is None):
            raise invalid(next(iter(chosen)), "change it in a request of its own")
        if chosen:
            await self.desk.acts.run("choose", self.desk.chooser.choose(caller, session_id, chosen, if_match))
        elif metadata is None and pinned is None and fallback is None:
            raise invalid("metadata", "give what to change: metadata, pinned, fallback, model or mode")
        else:
            chain = await self.desk.creator.checked_fallback(fallback)
            updating = self.desk.lifecycle.update(caller, session_id, metadata or {}, pinned, if_match, chain)
            await self.desk.acts.run("update", updating)
        return await get_session(self.storage.of(caller.space), session_id)

    @route("PUT", "/sessions/{session_id}/read")
    @service("sessions.mark_read")
    async def mark_read(
        self, caller: Principal, session_id: str, offset: inputs.Offset, rewind: StrictBool = False
    ) -> Resource:
        """Note that the caller has read a session up to an offset; further back only with `rewind`."""
        position = inputs.offset("offset", offset)
        marking = mark_read(self.desk.ledger, caller, session_id, position, rewind=rewind)
        await self.desk.acts.run("mark_read", marking)
        return await get_session(self.storage.of(caller.space), session_id)

    @route("DELETE", "/sessions/{session_id}", status=204)
    @service("sessions.delete")
    async def delete(self, caller: Principal, session_id: str) -> None:
        """Delete a session and everything of it."""
        await self.desk.acts.run("delete", self.desk.lifecycle.delete(caller, session_id))

    @route("POST", "/sessions/{session_id}/messages", status=202)
    @service("sessions.send")
    async def send(
        self,
        caller: Principal,
        session_id: str,
        content: str,
        target_agent: str | None = None,
        client_token: str | None = None,
        draft_revision: str | None = None,
        attachments: list[str] | None = None,
    ) -> MessageAccepted:
        """Store a message and queue its turn; the same `clientToken` and content give the same answer.

        The draft it was sent from is cleared with it, unless it has changed since `draftRevision`. `attachments` are
        the ids of up to ten images; with them the content may be empty.
        """
        message = new_message(content, target_agent, client_token, draft_revision, attachments)
        sending = send(self.context, self.desk.ledger, self.desk.mailboxes, caller, session_id, message)
        return await self.desk.acts.run("send", sending)

    @route("GET", "/sessions/{session_id}/messages")
    @service("sessions.messages")
    async def messages(
        self, caller: Principal, session_id: str, limit: int | None = None, cursor: str | None = None
    ) -> dict[str, Any]:
        """Return a page of a session's messages, oldest first."""
        storage = self.storage.of(caller.space)
        await find_session(storage, session_id)
        after = 0 if cursor is None else inputs.offset("cursor", cursor)
        page = await message_page(storage, session_id, after, inputs.page_limit(limit))
        return page.model_dump(mode="json", by_alias=True)

    @route("GET", "/sessions/{session_id}/events")
    async def events_of(
        self,
        caller: Principal,
        session_id: str,
        after: str | None = None,
        follow: bool = False,
        last_event_id: str | None = None,
        before: str | None = None,
        limit: int | None = None,
        accept: str | None = None,
    ) -> EntryStream | Reply:
        """Return a session's entries beyond a cursor; `Last-Event-ID` counts before `after`.

        With `before` they are the last `limit` (1 to 500, by default 100) before that offset, oldest first.
        """
        storage = self.storage.of(caller.space)
        await find_session(storage, session_id)
        field, given = ("after", after) if last_event_id is None else ("last_event_id", last_event_id)
        if before is not None:
            if given is not None or follow:
                raise invalid("before", "give it without after, follow and Last-Event-ID")
            end = inputs.offset("before", before)
            return reply(await page_before(storage, session_id, end, inputs.page_limit(limit)), accept)
        if limit is not None:
            raise invalid("limit", "give it together with before")
        cursor = 0 if given is None else inputs.offset(field, given)
        head = await storage.head(stream_of(session_id))
        if cursor > head:
            raise CursorReset(f"the session's history ends at {head}: read it again from there or from 0", head=head)
        return EntryStream(caller.space, stream_of(session_id), cursor, follow)

    @route("POST", "/sessions/{session_id}/cancel", status=202)
    @service("sessions.cancel")
    async def cancel(self, caller: Principal, session_id: str, turn_id: str | None = None) -> TurnAccepted:
        """Cancel the running turn, dismiss the interrupted one, or withdraw a queued one; done when this returns."""
        return await self.desk.acts.run("cancel", self.desk.control.cancel(caller.space, session_id, turn_id))

    @route("POST", "/sessions/{session_id}/retry", status=202)
    @service("sessions.retry")
    async def retry(
        self, caller: Principal, session_id: str, turn_id: str | None = None, without_images: StrictBool = False
    ) -> TurnAccepted:
        """Run the message of the last turn that ended badly again, ahead of the queue, `withoutImages` if need be."""
        retrying = self.desk.control.retry(caller, session_id, turn_id, without_images=without_images)
        return await self.desk.acts.run("retry", retrying)

    @route("POST", "/sessions/{session_id}/provider")
    @service("sessions.switch_provider")
    async def switch_provider(
        self, caller: Principal, session_id: str, provider_id: str, retry: StrictBool = False
    ) -> Resource:
        """Let another provider answer, with the conversation so far; `retry` asks what failed last again as well.

        It answers from the next turn on, or at once where a turn runs and has no answer yet.
        """
        switching = self.desk.switcher.switch(caller, session_id, provider_id, retry=retry)
        await self.desk.acts.run("switch provider", switching)
        return await get_session(self.storage.of(caller.space), session_id)

    @route("GET", "/sessions/{session_id}/choices")
    @service("sessions.choices")
    async def choices(self, caller: Principal, session_id: str) -> dict[str, Any]:
        """Return the models and modes that a session may choose, and those it has.

        `{model, mode}`, each `{chosen, own, choices: [{id, name}]}`; `own` is the provider's. Without choices there
        are none, or the provider has not told them yet: an agent does with its first turn.
        """
        return await self.desk.chooser.offered(caller, session_id)

    @route("POST", "/sessions/{session_id}/stop", status=202)
    @service("sessions.stop")
    async def stop_session(self, caller: Principal, session_id: str) -> SessionState:
        """Cancel a session's turns and take no more messages; its history stays."""
        await self.desk.acts.run("stop", self.desk.lifecycle.stop(caller, session_id))
        return SessionState(session_id=session_id, status="stopped")

    @route("POST", "/sessions/{session_id}/fork", status=201)
    @service("sessions.fork")
    async def fork(  # noqa: PLR0913  # one argument for each field of the request
        self,
        caller: Principal,
        session_id: str,
        at: inputs.Offset | None = None,
        before: inputs.Offset | None = None,
        content: str | None = None,
        target_agent: str | None = None,
        client_token: str | None = None,
        attachments: list[str] | None = None,
        idempotency_key: str | None = None,
        hub_url: str | None = None,
    ) -> SessionCreated:
        """Copy a session's messages into a new one: all, those up to `at`, or what was asked `before` a message.

        With `content` the new session goes on with that message at once; its `attachments` are ids of the session that
        is copied. The same `Idempotency-Key`, or else `clientToken`, and request give the same session.
        """
        if content is None and not (target_agent is None and client_token is None and not attachments):
            raise invalid("content", "give the message that targetAgent, clientToken and attachments belong to")
        message = None if content is None else new_message(content, target_agent, client_token, None, attachments)
        key, wanted = inputs.idempotency_key(idempotency_key), Fork(at, before, message)
        forking = self.desk.creator.fork(caller, check_id(session_id), wanted, key)
        return _created(await self.desk.acts.run("fork", forking), hub_url)

    @service("sessions.count_active")
    async def count_active(self) -> int:
        """Return how many sessions are active, of all people."""
        return self.desk.ledger.active

    @service("sessions.count_by_provider")
    async def count_by_provider(self, caller: Principal) -> dict[str, int]:
        """Return how many sessions of the caller each provider has."""
        return await self.desk.lists.count_by_provider(self.storage.of(caller.space))

    @service("sessions.overview")
    async def overview(self, caller: Principal) -> list[dict[str, Any]]:
        """Return the caller's newest sessions in brief."""
        return await overview(self.storage.of(caller.space))

    @frame("session:create")
    async def on_create(
        self, caller: Principal, session_id: str | None, payload: object, hub_url: str | None = None
    ) -> SessionCreated:
        """Create a session."""
        wanted = parse(CreateSession, payload)
        return await self.create(caller, wanted.provider_id, wanted.settings, wanted.metadata, hub_url=hub_url)

    @frame("session:message")
    async def on_message(self, caller: Principal, session_id: str | None, payload: object) -> MessageAccepted:
        """Send a message."""
        one = parse(SendMessage, payload)
        about = one.target_agent, one.client_token, one.draft_revision, list(one.attachments)
        return await self.send(caller, _named(session_id), one.content, *about)

    @frame("session:stop")
    async def on_stop(self, caller: Principal, session_id: str | None, payload: object) -> SessionState:
        """Stop a session."""
        return await self.stop_session(caller, _named(session_id))

    @frame("turn:cancel")
    async def on_cancel(self, caller: Principal, session_id: str | None, payload: object) -> TurnAccepted:
        """Cancel a turn."""
        return await self.cancel(caller, _named(session_id), parse(CancelTurn, payload).turn_id)


def _named(session_id: str | None) -> str:
    if session_id is None:
        raise invalid("sessionId", "name the session")
    return session_id


def _created(new: Created, hub_url: str | None) -> SessionCreated:
    path = f"/api/v1/{stream_of(new.session_id)}/stream"
    return SessionCreated(
        session_id=new.session_id,
        status="created" if new.message is None else "active",
        ws_url=f"ws{hub_url.removeprefix('http')}{path}" if hub_url else path,
        message=new.message,
    )
