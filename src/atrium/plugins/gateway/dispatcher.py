"""The routes of all plugins behind one application, swapped as a whole when what is offered changes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from atrium.plugins.gateway.identity import PRINCIPAL
from atrium.plugins.gateway.replies import Replies
from atrium.plugins.gateway.routes import Key, key_of
from atrium.sdk import Contribution

if TYPE_CHECKING:
    from fastapi import FastAPI

    from atrium.plugins.gateway.application import ApplicationBuilder, Failures, SendProblem

log = logging.getLogger(__name__)

APPLICATION = "atrium.plugins.gateway.application"


@dataclass(frozen=True, slots=True)
class Table:
    """What is offered now.

    `plain` routes read nothing of the request but who calls; `uploads` take a body as it comes, by method and path.
    """

    contributions: dict[Key, Contribution]
    public: frozenset[Key]
    plain: frozenset[Key]
    uploads: tuple[tuple[str, re.Pattern[str]], ...]


class Dispatcher:
    """An ASGI application made of what is contributed at `gateway.route`.

    A route of a plugin that is stopped or has failed answers 503 and says so. Plain routes (`/health`) are
    answered at once; the web framework for all others is imported beside them, when the port is already open.
    """

    def __init__(
        self,
        offered: Callable[[], list[Contribution]],
        replies: Replies,
        problem: SendProblem,
        failures: Failures,
    ) -> None:
        self._offered = offered
        self._replies = replies
        self._problem = problem
        self._failures = failures
        self._known: dict[Key, str] = {}
        self._current: Table | None = None
        self._builder: ApplicationBuilder | None = None
        self._app: FastAPI | None = None
        self._openapi: bytes | None = None

    def changed(self) -> None:
        """Build everything anew before the next request, and remember who offered what."""
        self._current = self._app = self._openapi = None
        self._known.update({key_of(contribution): contribution.owner for contribution in self._offered()})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        key = (scope["method"], scope["path"])
        table = self._table()
        if key in table.plain:
            await self._answer_plain(table.contributions[key], scope, receive, send)
            return
        await self.warm_up()
        await self._application()(scope, receive, send)

    async def warm_up(self) -> None:
        """Import the web framework without holding up the loop, and build the application."""
        if self._builder is None:
            await asyncio.to_thread(import_module, APPLICATION)
        self._application()

    def is_public(self, method: str, path: str) -> bool:
        """Tell whether a route needs no authentication; only fixed paths can be public."""
        return (method, path) in self._table().public

    def takes_upload(self, method: str, path: str) -> bool:
        """Tell whether a route reads a body that is not JSON, and bounds it itself."""
        return any(method == one and pattern.fullmatch(path) for one, pattern in self._table().uploads)

    def route_table(self) -> list[tuple[str, str, str, bool]]:
        """Return (method, path, owner, public) of every route offered now."""
        table = self._table()
        return [(*key, offered.owner, key in table.public) for key, offered in table.contributions.items()]

    def openapi(self) -> bytes:
        """Return the OpenAPI 3.1 document of everything offered now."""
        app = self._application()
        if self._openapi is None:
            from atrium.plugins.gateway.documentation import document

            self._openapi = document(app)
        return self._openapi

    def _application(self) -> FastAPI:
        if self._builder is None:
            from atrium.plugins.gateway.application import ApplicationBuilder

            self._builder = ApplicationBuilder(self._replies, self._problem, self._failures)
        if self._app is None:
            contributions = self._table().contributions
            absent = {key: owner for key, owner in self._known.items() if key not in contributions}
            self._app = self._builder.build(contributions, absent)
        return self._app

    def _table(self) -> Table:
        if self._current is None:
            contributions = self._contributions()
            fixed = {key: offered for key, offered in contributions.items() if "{" not in key[1]}
            public = frozenset(key for key, offered in fixed.items() if offered.options.get("public"))
            plain = frozenset(key for key, offered in fixed.items() if key[0] == "GET" and _is_plain(offered))
            taking = [key for key, offered in contributions.items() if offered.options.get("upload")]
            uploads = tuple((method, re.compile(re.sub(r"{\w+}", "[^/]+", path))) for method, path in taking)
            self._current = Table(contributions, public, plain, uploads)
        return self._current

    def _contributions(self) -> dict[Key, Contribution]:
        """Return what is offered by route; of two offers the first counts."""
        contributions: dict[Key, Contribution] = {}
        for contribution in self._offered():
            first = contributions.setdefault(key_of(contribution), contribution)
            if first is not contribution:
                log.error("route is offered twice", extra={"plugin": contribution.owner, "first": first.owner})
        return contributions

    async def _answer_plain(self, contribution: Contribution, scope: Any, receive: Any, send: Any) -> None:
        names = inspect.signature(contribution.value).parameters
        arguments = dict.fromkeys(names, scope["state"].get(PRINCIPAL))
        status = int(contribution.options.get("status", 200))
        value = await contribution.value(**arguments)
        response = await self._replies.respond(value, Request(scope), status)
        await response(scope, receive, send)


def _is_plain(contribution: Contribution) -> bool:
    return set(inspect.signature(contribution.value).parameters) <= {"caller"}
