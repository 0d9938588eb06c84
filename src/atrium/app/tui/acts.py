"""What a person does to sessions at the hub; what goes wrong is said on the screen."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from textual.app import App

from atrium.app.text import shortened
from atrium.app.tui.questions import ProviderQuestion, TitleQuestion
from atrium.app.tui.told import error_told, told
from atrium.app.tui.words import Words
from atrium.client import Client, ClientError
from atrium.contracts.sessions import Session

T = TypeVar("T")


def show_problem(app: App[Any], error: Exception, words: Words) -> None:
    """Say what went wrong."""
    app.notify(shortened(error_told(error, words), 400), severity="error", markup=False)


class Acts:
    """Calls of the hub, with the questions that come before them."""

    def __init__(self, app: App[Any], client: Client, words: Words) -> None:
        self._app = app
        self._client = client
        self._words = words

    async def cancel(self, session_id: str) -> None:
        """Cancel the answer that comes, or dismiss the one that was interrupted."""
        await self._try(self._client.sessions.cancel(session_id))

    async def retry(self, session_id: str, turn_id: str) -> None:
        """Run a turn again."""
        await self._try(self._client.sessions.retry(session_id, turn_id=turn_id))

    async def rename(self, session: Session) -> None:
        """Ask for another title and give it."""
        title = await self._app.push_screen_wait(TitleQuestion(self._words, session.metadata.title))
        if title is not None:
            await self._try(self._client.sessions.rename(session.id, title))

    async def choose_provider(self) -> str | None:
        """Return who answers in a new session: asked if there is a choice, None if nobody can or the person leaves."""
        providers = await self._try(self._client.providers())
        if providers is None:
            return None
        active = [one for one in providers if one["status"] == "active"]
        if not active:
            reasons = "; ".join(
                f"{one['id']}: {told(one, 'reason', self._words) or one['status']}" for one in providers
            )
            self._app.notify(shortened(self._words.no_provider.format(reasons=reasons), 400), markup=False)
            return None
        if len(active) == 1:
            return str(active[0]["id"])
        return await self._app.push_screen_wait(ProviderQuestion(self._words, providers, self._words.new_session))

    async def switch_provider(self, session_id: str, provider: str, *, retry: bool) -> None:
        """Let another provider answer from here on, and what failed last as well; asked which if none is named."""
        if not provider:
            providers = await self._try(self._client.providers())
            if not providers:
                return
            question = ProviderQuestion(self._words, providers, self._words.switch)
            chosen = await self._app.push_screen_wait(question)
            provider = chosen or ""
        if provider:
            await self._try(self._client.sessions.switch_provider(session_id, provider, retry=retry))

    async def choose(self, session_id: str, kind: str, value: str) -> None:
        """Choose a model or a mode; asked which if none is named."""
        if not value:
            offered = await self._try(self._client.sessions.choices(session_id))
            if offered is None:
                return
            here = offered[kind]["chosen"] or offered[kind]["own"]
            rows = [{**one, "status": "active"} for one in offered[kind]["choices"]]
            for row in rows:
                row["name"] = f"{row['name']} ✓" if row["id"] == here else row["name"]
            if not rows:
                self._app.notify(self._words.nothing_to_choose, markup=False)
                return
            heading = self._words.which_model if kind == "model" else self._words.which_mode
            answer = await self._app.push_screen_wait(ProviderQuestion(self._words, rows, heading))
            value = answer or ""
        if value:
            model, mode = (value, None) if kind == "model" else (None, value)
            session = await self._try(self._client.sessions.choose(session_id, model=model, mode=mode))
            if session is not None:
                self._app.notify(self._words.chosen.format(value=value), markup=False)

    async def _try(self, work: Awaitable[T]) -> T | None:
        """Do something with the hub; say what went wrong, and then return None."""
        try:
            return await work
        except ClientError as error:
            show_problem(self._app, error, self._words)
            return None
