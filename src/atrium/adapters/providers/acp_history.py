"""An earlier conversation as an agent is told of it that has not heard it: as text, before the new message."""

from __future__ import annotations

from collections.abc import Sequence

from atrium.sdk.providers import ChatMessage

LONGEST_HISTORY = 100_000
"""Characters of an earlier conversation that an agent without it is told; the newest are, behind a summary."""

EARLIER = "This conversation began before you joined it."
MEANWHILE = "The conversation went on without you since your last answer."


def unheard(history: Sequence[ChatMessage], provider_id: str) -> Sequence[ChatMessage]:
    """Return what was said since a provider was asked last: another one may have answered meanwhile."""
    asked = [place for place, message in enumerate(history) if message.provider_id in {provider_id, ""}]
    return history[asked[-1] + 1 :] if asked else history


def with_history(history: Sequence[ChatMessage], content: str, beginning: str = EARLIER) -> str:
    """Return a message with the conversation before it, for an agent that has not heard it."""
    if not history:
        return content
    summary = f"{history[0].text}\n\n" if history[0].is_summary else ""
    messages = history[1:] if summary else history
    said = "\n\n".join(f"{'User' if message.role == 'user' else 'Assistant'}: {message.text}" for message in messages)
    room = LONGEST_HISTORY - len(summary)
    if len(said) > room:
        said = "[the beginning is left out]\n" + said[-room:]
    return f"{beginning} What was said:\n\n{summary}{said}\n\nNow the user says:\n\n{content}"
