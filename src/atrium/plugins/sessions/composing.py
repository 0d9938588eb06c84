"""What a person prepares before it is a message: drafts, and images to go with them."""

from __future__ import annotations

from atrium.contracts.composing import Attachment
from atrium.plugins.sessions.config import SessionsConfig
from atrium.plugins.sessions.desk import Desk
from atrium.plugins.sessions.drafts import get_draft
from atrium.sdk import FileReply, Plugin, Principal, Resource, Unavailable, Upload, route, service


class Composing(Plugin[SessionsConfig]):
    """The part of the plugin that keeps drafts and images."""

    _desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """Return what lives from start to stop."""
        if self._desk is None:
            raise Unavailable("sessions are stopped; try again when the hub has started them")
        return self._desk

    @route("POST", "/sessions/{session_id}/attachments", status=201, upload=True)
    async def attach(self, caller: Principal, session_id: str, name: str, upload: Upload) -> Attachment:
        """Store an image that a message may name; the same bytes again are the same attachment.

        PNG, JPEG, WebP or GIF, by the `Content-Type`. One that no message and no draft names is removed after a day.
        """
        attachment = await self.desk.attachments.take(self.storage.of(caller.space), session_id, name, upload)
        self.desk.unused.watch(caller.space)
        return attachment

    @route("GET", "/sessions/{session_id}/attachments/{attachment_id}")
    async def attachment(self, caller: Principal, session_id: str, attachment_id: str) -> FileReply:
        """Return the bytes of an image, which never change."""
        return await self.desk.attachments.send(self.storage.of(caller.space), session_id, attachment_id)

    @route("GET", "/sessions/{session_id}/draft")
    @service("sessions.get_draft")
    async def get_draft(self, caller: Principal, session_id: str) -> Resource:
        """Return what the caller has begun to write in a session; an empty text if there is nothing."""
        return await get_draft(self.storage.of(caller.space), session_id)

    @route("PUT", "/sessions/{session_id}/draft")
    @service("sessions.put_draft")
    async def put_draft(
        self,
        caller: Principal,
        session_id: str,
        text: str,
        if_match: str | None = None,
        attachments: list[str] | None = None,
    ) -> Resource:
        """Keep what the caller has begun to write; the last writer wins unless `If-Match` names the draft before."""
        return await self.desk.acts.run("draft", self.desk.drafts.put(caller, session_id, text, if_match, attachments))

    @route("DELETE", "/sessions/{session_id}/draft", status=204)
    @service("sessions.delete_draft")
    async def delete_draft(self, caller: Principal, session_id: str, if_match: str | None = None) -> None:
        """Forget what the caller has begun to write."""
        await self.desk.acts.run("draft", self.desk.drafts.put(caller, session_id, "", if_match))
