"""The web framework's side of the routes. Importing it takes a while: the dispatcher does so once the port is open."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from atrium import __version__
from atrium.plugins.gateway.binding import bind, endpoint
from atrium.plugins.gateway.documentation import describe
from atrium.plugins.gateway.errors import InternalError, PluginStopped, TooManyValues, UnsupportedMediaType
from atrium.plugins.gateway.problems import framework_error, invalid_input
from atrium.plugins.gateway.replies import Replies
from atrium.plugins.gateway.routes import Key, first_segment
from atrium.sdk import AtriumError, Contribution, NotFound, PluginFailed

log = logging.getLogger(__name__)

MOST_VALUES = 10_000
"""How many keys and list items a body may have: each may be wrong in its own way, and is then named."""

Served = tuple[Key, str, Any]
"""A route with who offers it and the method behind it."""

SendProblem = Callable[[Request, AtriumError], Response]

Failures = Callable[[], Awaitable[Mapping[str, str]]]
"""Returns why plugins could not start, by their names."""


class JsonRequest(Request):
    """A request whose body is read strictly: no NaN, no deep nesting, only UTF-8."""

    async def json(self) -> Any:
        """Return the body; raises `json.JSONDecodeError`."""
        return orjson.loads(await self.body())

    async def check(self) -> None:
        """Raise `TooManyValues` for a body whose parts would take long to look at, one error each."""
        body = await self.body()
        # A value takes two bytes at least.
        if len(body) // 2 > MOST_VALUES:
            with suppress(orjson.JSONDecodeError):
                _count_values(orjson.loads(body))


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
            if self.body_field is not None:
                await strict.check()
            return await handler(strict)

        return handle


class ApplicationBuilder:
    """Builds applications; routes that stay the same are made once."""

    def __init__(self, replies: Replies, problem: SendProblem, failures: Failures) -> None:
        self._replies = replies
        self._problem = problem
        self._failures = failures
        self._routes: dict[Served, JsonRoute] = {}

    def build(self, contributions: Mapping[Key, Contribution], absent: Mapping[Key, str]) -> FastAPI:
        """Return an application with these routes; `absent` ones answer that their plugin is stopped."""
        app = FastAPI(title="Atrium", version=__version__, openapi_url=None, docs_url=None, redoc_url=None)
        app.router.redirect_slashes = False
        self._handle_errors(app)
        self._routes = self._served(contributions)
        routes: dict[Key, JsonRoute] = {key: route for (key, _, _), route in self._routes.items()}
        routes.update({key: self._absent_route(key, owner) for key, owner in absent.items()})
        app.router.routes.extend(routes[key] for key in sorted(routes, key=_specificity))
        return app

    def _served(self, contributions: Mapping[Key, Contribution]) -> dict[Served, JsonRoute]:
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

    def _absent_route(self, key: Key, owner: str) -> JsonRoute:
        async def absent() -> None:
            raise await self._failed(owner) or PluginStopped(f"the plugin {owner!r} is stopped; start it to use this")

        return JsonRoute(key[1], absent, methods=[key[0]], include_in_schema=False, response_model=None)

    async def _failed(self, plugin: str) -> PluginFailed | None:
        reason = (await self._failures()).get(plugin)
        return None if reason is None else PluginFailed(f"{plugin}: {reason}")

    def _methods(self, path: str) -> list[str]:
        return sorted({key[0] for (key, _, _), route in self._routes.items() if route.path_regex.match(path)})

    def _handle_errors(self, app: FastAPI) -> None:
        problem = self._problem

        async def atrium_error(request: Request, error: Any) -> Response:
            return problem(request, error)

        async def invalid(request: Request, error: Any) -> Response:
            return problem(request, invalid_input(error.errors()))

        async def http_error(request: Request, error: Any) -> Response:
            if error.status_code == 404:
                # What a plugin would have offered that did not start is not known.
                failed = await self._failed(first_segment(request.url.path))
                return problem(request, failed or NotFound())
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


def _specificity(key: Key) -> list[tuple[int, str]]:
    """Order fixed segments before parameters, and parameters before whole rests of paths."""
    return [(0 if "{" not in part else 2 if ":path" in part else 1, part) for part in key[1].split("/")]


def _count_values(value: Any) -> None:
    count, rest = 0, [value]
    while rest:
        part = rest.pop()
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        count += len(inner)
        if count > MOST_VALUES:
            raise TooManyValues(f"send at most {MOST_VALUES} values in one body")
        rest.extend(inner)


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))
