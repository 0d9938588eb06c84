"""Sending a message: one commit of the message, its token and its queued turn."""

from __future__ import annotations

from dataclasses import dataclass

from atrium.contracts.sessions import MessageAccepted, MessageAdded, MessageStored
from atrium.plugins.sessions.documents import TOKENS, TokenRecord, TurnRecord, as_json, timestamp, token_key
from atrium.plugins.sessions.drafts import clear_sent_draft
from atrium.plugins.sessions.errors import SessionIsStopped
from atrium.plugins.sessions.inputs import digest, invalid
from atrium.plugins.sessions.ledger import Change, Ledger
from atrium.plugins.sessions.limits import MAX_QUEUED, RETRY_AFTER_SECONDS
from atrium.plugins.sessions.mailbox import Mailboxes
from atrium.plugins.sessions.marks import read_to
from atrium.sdk import ABSENT, Context, InvalidInput, Principal, SpaceStorage, TooManyRequests


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that has been checked."""

    content: str
    target: str | None = None
    token: str | None = None
    draft_revision: int | None = None

    @property
    def digest(self) -> str:
        """Return what must be equal for the same token to mean the same message."""
        return digest(self.content, self.target)


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
        if message.target is not None:
            await _check_target(context, message.target)
        if message.draft_revision is not None:
            await clear_sent_draft(change, message.draft_revision)
        turn_id, message_id = context.new_id(), context.new_id()
        added = MessageAdded(
            message_id=message_id,
            turn_id=turn_id,
            content=message.content,
            client_token=message.token,
            by=caller.user,
        )
        [offset] = change.append(added)
        turn = TurnRecord(
            id=turn_id,
            session_id=session_id,
            message_id=message_id,
            offset=offset,
            by=caller.to_json(),
            target=message.target,
            created_at=timestamp(context.clock.now()),
        )
        answer = MessageAccepted(message_id=message_id, turn_id=turn_id, offset=str(offset))
        _store(change, await mailboxes.admit(change, turn), message, answer)
        change.news.append(
            MessageStored(
                space=caller.space, session_id=session_id, message_id=message_id, turn_id=turn_id, by=caller.user
            )
        )
    return answer


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


async def _check_target(context: Context, target: str) -> None:
    try:
        await context.services.call("providers.check", target)
    except InvalidInput as error:
        raise invalid("targetAgent", error.detail) from None


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
    if message.token is not None:
        key = token_key(turn.session_id, message.token)
        token = TokenRecord(
            digest=message.digest, message_id=answer.message_id, turn_id=answer.turn_id, offset=answer.offset
        )
        change.batch.require(key, ABSENT, collection=TOKENS)
        change.batch.set(key, as_json(token), collection=TOKENS)
