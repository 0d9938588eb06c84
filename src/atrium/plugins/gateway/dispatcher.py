"""The routes of all plugins behind one application, swapped as a whole when what is offered changes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from atrium import __version__
from atrium.plugins.gateway.binding import bind, endpoint
from atrium.plugins.gateway.documentation import describe, document
from atrium.plugins.gateway.problems import (
    InternalError,
    PluginStopped,
    UnsupportedMediaType,
    framework_error,
    invalid_input,
)
from atrium.plugins.gateway.replies import Replies
from atrium.sdk import AtriumError, Contribution

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
OPENAPI = f"{PREFIX}/openapi.json"
Key = tuple[str, str]
"""A route's method and path template."""

Served = tuple[Key, str, Any]
"""A route with who offers it and the method behind it."""

SendProblem = Callable[[Request, AtriumError], Response]


class JsonRequest(Request):
    """A request whose body is read strictly: no NaN, no deep nesting, only UTF-8."""

    async def json(self) -> Any:
        """Return the body; raises `json.JSONDecodeError`."""
        return orjson.loads(await self.body())


class JsonRoute(APIRoute):
    """A route that takes JSON and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Return the handler, with the body's type checked before."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            strict = JsonRequest(request.scope, request.receive)
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if self.body_field is not None and await strict.body() and not _is_json(media_type):
                raise UnsupportedMediaType("send it with `Content-Type: application/json`")
            return await handler(strict)

        return handle


class Dispatcher:
    """An ASGI application made of what is contributed at `gateway.route`.

    A route that was offered before and is not any more answers 503 and names its plugin.
    """

    def __init__(self, offered: Callable[[], list[Contribution]], replies: Replies, problem: SendProblem) -> None:
        self._offered = offered
        self._replies = replies
        self._problem = problem
        self._routes: dict[Served, JsonRoute] = {}
        self._known: dict[Key, str] = {}
        self._app: FastAPI | None = None
        self._openapi: bytes | None = None
        self._public: frozenset[Key] = frozenset()

    def changed(self) -> None:
        """Build the application anew before the next request, and remember who offered what."""
        self._app = None
        self._known.update({_key(contribution): contribution.owner for contribution in self._offered()})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        await self._refresh()(scope, receive, send)

    def _refresh(self) -> FastAPI:
        if self._app is None:
            self._app = self._build()
        return self._app

    def is_public(self, method: str, path: str) -> bool:
        """Tell whether a route needs no authentication; only fixed paths can be public."""
        self._refresh()
        return (method, path) in self._public

    def route_table(self) -> list[tuple[str, str, str, bool]]:
        """Return (method, path, owner, public) of every route offered now."""
        self._refresh()
        return [(*key, owner, key in self._public) for key, owner, _ in self._routes]

    def openapi(self) -> bytes:
        """Return the OpenAPI 3.1 document of everything offered now."""
        app = self._refresh()
        if self._openapi is None:
            self._openapi = document(app)
        return self._openapi

    def _build(self) -> FastAPI:
        app = FastAPI(title="Atrium", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
        app.router.redirect_slashes = False
        self._handle_errors(app)
        contributions = self._contributions()
        self._routes = self._served(contributions)
        routes: dict[Key, JsonRoute] = {key: route for (key, _, _), route in self._routes.items()}
        for key in self._known.keys() - routes.keys():
            routes[key] = _absent(key, self._known[key])
        app.router.routes.extend(routes[key] for key in sorted(routes, key=_specificity))
        self._public = frozenset(
            key for key, item in contributions.items() if item.options.get("public") and "{" not in key[1]
        )
        self._openapi = None
        return app

    def _contributions(self) -> dict[Key, Contribution]:
        """Return what is offered by route; of two offers the first counts."""
        contributions: dict[Key, Contribution] = {}
        for contribution in self._offered():
            first = contributions.setdefault(_key(contribution), contribution)
            if first is not contribution:
                log.error("route is offered twice", extra={"plugin": contribution.owner, "first": first.owner})
        return contributions

    def _served(self, contributions: dict[Key, Contribution]) -> dict[Served, JsonRoute]:
        """Return the routes, the ones that are already there unchanged."""
        served: dict[Served, JsonRoute] = {}
        for key, contribution in contributions.items():
            identity = (key, contribution.owner, contribution.value)
            route = self._routes.get(identity) or self._new_route(key, contribution)
            if route is not None:
                served[identity] = route
        return served

    def _new_route(self, key: Key, contribution: Contribution) -> JsonRoute | None:
        method, path = key
        status = int(contribution.options.get("status", 200))
        try:
            binding = bind(contribution.value, method, path)
            function = endpoint(contribution.value, binding, status, self._replies.respond)
            described = describe(binding, contribution)
            return JsonRoute(path, function, methods=[method], status_code=status, **described)
        except Exception:  # the edge: one plugin's faulty route must not take the others down
            log.exception("route is not served", extra={"plugin": contribution.owner, "route": f"{method} {path}"})
            return None

    def _methods(self, path: str) -> list[str]:
        return sorted({key[0] for (key, _, _), route in self._routes.items() if route.path_regex.match(path)})

    def _handle_errors(self, app: FastAPI) -> None:
        problem = self._problem

        async def atrium_error(request: Request, error: Any) -> Response:
            return problem(request, error)

        async def invalid(request: Request, error: Any) -> Response:
            return problem(request, invalid_input(error.errors()))

        async def http_error(request: Request, error: Any) -> Response:
            response = problem(request, framework_error(error.status_code, str(error.detail)))
            if error.status_code == 405:
                response.headers["allow"] = ", ".join(self._methods(request.url.path))
            return response

        async def unexpected(request: Request, error: Exception) -> Response:
            # It is raised again after this answer, and logged at the edge.
            return problem(request, InternalError("see the log of the hub, by this trace id"))

        app.add_exception_handler(Exception, unexpected)
        app.add_exception_handler(AtriumError, atrium_error)
        app.add_exception_handler(RequestValidationError, invalid)
        app.add_exception_handler(HTTPException, http_error)


def _key(contribution: Contribution) -> Key:
    return (str(contribution.options["method"]).upper(), PREFIX + str(contribution.options["path"]))


def _absent(key: Key, owner: str) -> JsonRoute:
    async def stopped() -> Awaitable[None]:
        raise PluginStopped(f"the plugin {owner!r} is stopped; start it to use this")

    return JsonRoute(key[1], stopped, methods=[key[0]], include_in_schema=False, response_model=None)


def _specificity(key: Key) -> list[tuple[int, str]]:
    """Order fixed segments before parameters, and parameters before whole rests of paths."""
    return [(0 if "{" not in part else 2 if ":path" in part else 1, part) for part in key[1].split("/")]


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
