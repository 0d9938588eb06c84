"""`atrium sessions`: list, show, switch the provider, choose the model and the mode, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from atrium.app.cli.lazy import LazyGroup
from atrium.app.cli.output import home_option, json_option, local_time, print_json, print_table, run, say, warn
from atrium.app.errors import ExitCode
from atrium.app.text import shortened, with_images

if TYPE_CHECKING:
    from atrium.contracts.sessions import Message, Session

_EPILOG = """\b
Examples:
  atrium sessions list --status active
  atrium sessions list --json | jq -r '.[].id'
  atrium sessions show 0192f0c1-...
  atrium sessions provider 0192f0c1-... local
  atrium sessions set 0192f0c1-... --model opus --mode plan
  atrium sessions delete 0192f0c1-... --yes

The beginning of an id is enough, if no other session begins so.
"""


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{__name__}:list_sessions", "List sessions, the latest first."),
        "show": (f"{__name__}:show_session", "Show a session with its messages."),
        "provider": (f"{__name__}:switch_provider", "Let another provider answer in a session."),
        "set": (f"{__name__}:set_choices", "Choose the model or the mode of a session."),
        "delete": (f"{__name__}:delete_sessions", "Delete sessions with their history, for good."),
    },
    epilog=_EPILOG,
)
def sessions() -> None:
    """List, show and delete sessions, and say who answers in them, and how."""


@click.command("list", epilog="\b\nExample:\n  atrium sessions list --tag work -n 50")
@click.option("-n", "--limit", type=click.IntRange(1, 10000), default=50, show_default=True, help="How many at most.")
@click.option("--status", help="Only sessions with this status, such as active.")
@click.option("--tag", help="Only sessions with this tag.")
@click.option("--provider", help="Only sessions with this provider.")
@json_option
@home_option
def list_sessions(
    limit: int, status: str | None, tag: str | None, provider: str | None, as_json: bool, home: str | None
) -> None:
    """List sessions, the latest first."""
    found = run(_find(home, limit, status=status, tag=tag, provider_id=provider))
    if as_json:
        print_json([session.model_dump(mode="json", by_alias=True) for session in found])
    elif not found:
        narrowed = status or tag or provider
        say("No session fits." if narrowed else "There are no sessions. `atrium chat` begins one.")
    else:
        rows = [
            (one.id, local_time(one.updated_at), one.status, one.provider_id, one.message_count, _title(one))
            for one in found
        ]
        headings = ("ID", "UPDATED", "STATUS", "PROVIDER", "MESSAGES", "TITLE")
        print_table(headings, rows, spare=("MESSAGES", "PROVIDER", "STATUS", "UPDATED"))


@click.command("show", epilog="\b\nExample:\n  atrium sessions show 0192f0c1-... --json")
@click.argument("session")
@json_option
@home_option
def show_session(session: str, as_json: bool, home: str | None) -> None:
    """Show a session with its messages."""
    found, messages = run(_read(home, session))
    if as_json:
        shown = found.model_dump(mode="json", by_alias=True)
        print_json({**shown, "messages": [one.model_dump(mode="json", by_alias=True) for one in messages]})
        return
    say(f"{_title(found)}  ({found.provider_id}, {found.status}, {found.message_count} messages)")
    for message in messages:
        say(f"\n{'you' if message.role == 'user' else 'assistant'}  {local_time(message.created_at)}")
        say(with_images(message.content, [one.model_dump(by_alias=True) for one in message.attachments]))


@click.command("provider", epilog="\b\nExample:\n  atrium sessions provider 0192f0c1-... local --retry")
@click.argument("session")
@click.argument("provider")
@click.option("--retry", is_flag=True, help="Ask what failed last again, of the new one.")
@json_option
@home_option
def switch_provider(session: str, provider: str, retry: bool, as_json: bool, home: str | None) -> None:
    """Let another provider answer in a session from here on, with the conversation so far."""
    found = run(_switch(home, session, provider, retry=retry))
    if as_json:
        print_json(found.model_dump(mode="json", by_alias=True))
    else:
        say(f"{found.provider_id} answers in {_title(found)} from here on.")


@click.command("set", epilog="\b\nExample:\n  atrium sessions set 0192f0c1-... --model opus")
@click.argument("session")
@click.option("--model", help="The model that answers from the next turn on; '' is the provider's own.")
@click.option("--mode", help="The mode it works in; '' is the provider's own.")
@json_option
@home_option
def set_choices(session: str, model: str | None, mode: str | None, as_json: bool, home: str | None) -> None:
    """Choose the model or the mode of a session; without an option, show what there is to choose."""
    choices = run(_choose(home, session, model, mode))
    if as_json:
        print_json(dict(choices))
        return
    for kind, offered in choices.items():
        chosen = offered["chosen"] or offered["own"] or "not known"
        others = ", ".join(one["id"] for one in offered["choices"])
        say(f"{kind}: {chosen}{f'  (of {others})' if others else ''}")


@click.command("delete", epilog="\b\nExample:\n  atrium sessions delete 0192f0c1-... --yes")
@click.argument("session", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@home_option
def delete_sessions(session: tuple[str, ...], yes: bool, home: str | None) -> int:
    """Delete sessions with their history, for good. Exit code 1 if one of them cannot be deleted; the others are."""
    ids = run(_whole(home, session))
    if not yes and not _is_sure(ids):
        warn("Nothing was deleted.")
        return ExitCode.FAILED
    deleted = run(_delete(home, ids))
    if deleted:
        say(f"Deleted {deleted}." if len(ids) > 1 else "Deleted.")
    return ExitCode.OK if deleted == len(ids) else ExitCode.FAILED


def _is_sure(sessions: tuple[str, ...]) -> bool:
    """Ask; nobody there to answer is a no."""
    many = f"{len(sessions)} sessions" if len(sessions) > 1 else f"session {sessions[0]}"
    try:
        return click.confirm(f"Delete {many} for good?")
    except click.Abort:
        say()
        return False


async def _find(home: str | None, limit: int, **filters: Any) -> list[Session]:
    from atrium.client import attach

    async with attach(home) as client:
        found: list[Session] = []
        async for session in client.sessions.all(limit=min(limit, 100), **filters):
            found.append(session)
            if len(found) == limit:
                break
        return found


async def _whole(home: str | None, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids that begin so, each once."""
    from atrium.app.short_ids import find_session
    from atrium.client import attach

    async with attach(home) as client:
        return tuple(dict.fromkeys([await find_session(client, one) for one in given]))


async def _read(home: str | None, given: str) -> tuple[Session, list[Message]]:
    from atrium.app.short_ids import find_session
    from atrium.client import attach

    async with attach(home) as client:
        session_id = await find_session(client, given)
        session = await client.sessions.get(session_id)
        messages: list[Message] = []
        cursor: str | None = None
        while True:
            page = await client.sessions.messages(session_id, cursor=cursor)
            messages += page.messages
            cursor = page.next_cursor
            if cursor is None:
                return session, messages


async def _switch(home: str | None, given: str, provider_id: str, *, retry: bool) -> Session:
    from atrium.app.short_ids import find_session
    from atrium.client import attach

    async with attach(home) as client:
        session_id = await find_session(client, given)
        return await client.sessions.switch_provider(session_id, provider_id, retry=retry)


async def _choose(home: str | None, given: str, model: str | None, mode: str | None) -> Mapping[str, Any]:
    from atrium.app.short_ids import find_session
    from atrium.client import attach

    async with attach(home) as client:
        session_id = await find_session(client, given)
        if model is not None or mode is not None:
            await client.sessions.choose(session_id, model=model, mode=mode)
        return await client.sessions.choices(session_id)


async def _delete(home: str | None, ids: tuple[str, ...]) -> int:
    """Delete each session, say which could not be, and return how many are."""
    from atrium.client import ProblemError, attach

    deleted = 0
    async with attach(home) as client:
        for session_id in ids:
            try:
                await client.sessions.delete(session_id)
                deleted += 1
            except ProblemError as error:
                if error.code != "NOT_FOUND":
                    raise
                warn(f"Error: {session_id}: {error}")
    return deleted


def _title(session: Session) -> str:
    title = shortened(session.metadata.title, 80) or "Untitled"
    return title if session.forked_from is None else f"{title} (copy)"
