"""From what a plugin's method returns to an HTTP response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from atrium.plugins.gateway.encoding import encode
from atrium.plugins.gateway.entry_stream import EntryStreams
from atrium.sdk import EntryStream, FileReply, Reply, Resource

JSON = "application/json"


class Replies:
    """Renders plain data, models, `Reply`, `Resource`, `FileReply` and `EntryStream`."""

    def __init__(self, entry_streams: EntryStreams) -> None:
        self._entry_streams = entry_streams

    async def respond(self, value: Any, request: Request, status: int) -> Response:
        """Return the response for what a method returned."""
        if isinstance(value, EntryStream):
            return await self._entry_streams.respond(value, request)
        if isinstance(value, FileReply):
            return _file(value)
        if isinstance(value, Resource):
            return _resource(value, request, status)
        if isinstance(value, Reply):
            return _json(value.data, value.status, value.headers)
        return _json(value, status, {})


def _resource(resource: Resource, request: Request, status: int) -> Response:
    revision = str(resource.revision)
    headers = {"etag": f'"{revision}"'}
    if _matches(request.headers.get("if-none-match"), headers["etag"]):
        return Response(status_code=304, headers=headers)
    return _json({"revision": revision, "data": resource.data, **resource.extra}, status, headers)


def _file(file: FileReply) -> Response:
    return FileResponse(
        file.path,
        media_type=file.media_type,
        headers=dict(file.headers),
        filename=file.name,
        content_disposition_type="inline",
    )


def _matches(condition: str | None, etag: str) -> bool:
    if condition is None:
        return False
    candidates = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return "*" in candidates or etag in candidates


def _json(data: Any, status: int, headers: Mapping[str, str]) -> Response:
    if data is None and (status in {202, 204} or headers):
        return Response(status_code=status, headers=dict(headers))
    return Response(encode(data), status_code=status, headers=dict(headers), media_type=JSON)
