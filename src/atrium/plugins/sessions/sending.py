"""Sending a message: one commit of the message, its token and its queued turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atrium.contracts.composing import Attachment
from atrium.contracts.sessions import MessageAccepted, MessageAdded, MessageStored
from atrium.plugins.sessions import inputs
from atrium.plugins.sessions.documents import TOKENS, SessionRecord, TokenRecord, TurnRecord, as_json, token_key
from atrium.plugins.sessions.drafts import clear_sent_draft
from atrium.plugins.sessions.errors import SessionIsStopped
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.limits import MAX_QUEUED, RETRY_AFTER_SECONDS
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.marks import read_to
from atrium.sdk import ABSENT, Batch, Context, InvalidInput, Principal, SpaceStorage, TooManyRequests
from atrium.sdk.clock import timestamp
from atrium.sdk.inputs import invalid


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that has been checked, but for its target and its attachments, which are ids."""

    content: str
    target: str | None = None
    token: str | None = None
    draft_revision: int | None = None
    attachments: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Return what must be equal for the same token to mean the same message."""
        return inputs.digest(self.content, self.target, *self.attachments)


def new_message(
    content: object,
    target_agent: object,
    client_token: object,
    draft_revision: object = None,
    attachments: Sequence[object] | None = None,
) -> NewMessage:
    """Return a message as it was sent, checked but for its target and whether there are its attachments."""
    ids = inputs.attachments(attachments)
    return NewMessage(
        inputs.message_content(content, with_images=bool(ids)),
        None if target_agent is None else inputs.name("targetAgent", target_agent),
        inputs.client_token(client_token),
        inputs.draft_revision(draft_revision),
        ids,
    )


async def send(
    context: Context, ledger: Ledger, mailboxes: Mailboxes, caller: Principal, session_id: str, message: NewMessage
) -> MessageAccepted:
    """Store a message and its turn, which starts at once if nothing is ahead of it.

    A token that is known already gives the answer it gave before.
    """
    async with ledger.change(caller.space, session_id) as change:
        if message.token is not None:
            before = await _remembered(change.storage, session_id, message.token, message)
            if before is not None:
                return before
        _check_open(change)
        await check_target(context, message)
        await check_images(context, change.session, message)
        attachments = await mailboxes.attachments.claim(change, message.attachments)
        if message.draft_revision is not None:
            await clear_sent_draft(change, message.draft_revision)
        added = entry_of(context, caller, message, attachments)
        [offset] = change.append(added)
        turn = turn_of(context, caller, session_id, added, offset, message.target)
        answer = accepted(added, offset)
        _store(change, await mailboxes.admit(change, turn), message, answer)
        change.news.append(news_of(change.storage.space, session_id, added))
    return answer


async def check_target(context: Context, message: NewMessage) -> None:
    """Raise `InvalidInput` if a message is for a provider that does not exist."""
    if message.target is not None:
        try:
            await context.services.call("providers.check", message.target)
        except InvalidInput as error:
            raise invalid("targetAgent", error.detail) from None


async def check_images(context: Context, session: SessionRecord, message: NewMessage) -> None:
    """Raise `ImagesNotSupported` if a message has images and goes to a provider that takes none."""
    if message.attachments:
        await context.services.call("providers.check_images", message.target or session.provider_id, session.fallback)


def entry_of(
    context: Context, caller: Principal, message: NewMessage, attachments: tuple[Attachment, ...]
) -> MessageAdded:
    """Return a message as the entry that stores it, under new ids."""
    return MessageAdded(
        message_id=context.new_id(),
        turn_id=context.new_id(),
        content=message.content,
        attachments=attachments,
        client_token=message.token,
        by=caller.user,
    )


def turn_of(
    context: Context, caller: Principal, session_id: str, added: MessageAdded, offset: int, target: str | None
) -> TurnRecord:
    """Return the queued turn of a message that stands at an offset."""
    return TurnRecord(
        id=added.turn_id,
        session_id=session_id,
        message_id=added.message_id,
        offset=offset,
        by=caller.to_json(),
        target=target,
        created_at=timestamp(context.clock.now()),
    )


def accepted(added: MessageAdded, offset: int) -> MessageAccepted:
    """Return the answer to whoever sent a message."""
    return MessageAccepted(message_id=added.message_id, turn_id=added.turn_id, offset=str(offset))


def news_of(space: str, session_id: str, added: MessageAdded) -> MessageStored:
    """Return what other plugins are told of a message."""
    return MessageStored(
        space=space, session_id=session_id, message_id=added.message_id, turn_id=added.turn_id, by=added.by
    )


def remember_token(batch: Batch, session_id: str, message: NewMessage, answer: MessageAccepted) -> None:
    """Put into a batch what a message's token stands for, if it has one."""
    if message.token is not None:
        key = token_key(session_id, message.token)
        token = TokenRecord(
            digest=message.digest, message_id=answer.message_id, turn_id=answer.turn_id, offset=answer.offset
        )
        batch.require(key, ABSENT, collection=TOKENS)
        batch.set(key, as_json(token), collection=TOKENS)


async def _remembered(
    storage: SpaceStorage, session_id: str, token: str, message: NewMessage
) -> MessageAccepted | None:
    value = await storage.get(token_key(session_id, token), collection=TOKENS)
    if value is None:
        return None
    record = TokenRecord.model_validate(value)
    if record.digest != message.digest:
        raise invalid("clientToken", "another message was sent under this token; use a new token for a new message")
    return MessageAccepted(message_id=record.message_id, turn_id=record.turn_id, offset=record.offset)


def _check_open(change: Change) -> None:
    if change.activity.status == "stopped":
        raise SessionIsStopped("fork it to continue the conversation")
    if change.activity.queued >= MAX_QUEUED:
        raise TooManyRequests(
            f"{change.activity.queued} messages wait in this session; try again when some are answered",
            retry_after=RETRY_AFTER_SECONDS,
        )


def _store(change: Change, turn: TurnRecord, message: NewMessage, answer: MessageAccepted) -> None:
    change.touch()
    change.happen(message_count=change.activity.message_count + 1, status="active")
    read_to(change, turn.offset)
    if turn.status == "queued":
        change.put_turn(turn)
        change.happen(queued=change.activity.queued + 1)
    remember_token(change.batch, turn.session_id, message, answer)
