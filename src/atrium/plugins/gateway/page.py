"""The web page: files of the build, and `index.html` for the routes that live in the browser."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, HTMLResponse, Response

from atrium.plugins.gateway.errors import MethodNotAllowed
from atrium.plugins.gateway.features import PREFIX, Features
from atrium.sdk import NotFound

BUILT = Path(__file__).parent / "static"
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

CODINGS = {"br": ".br", "gzip": ".gz"}
"""What the build packs files with, the smallest first, and how those files are called."""

MISSING = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Atrium: the web page is not built</title></head>
<body><main><h1>Atrium is running</h1>
<p>The web page has not been built. It needs Node 20 or newer; then run</p>
<pre><code>make web</code></pre>
<p>in the folder of the sources and reload. Everything else works: try <code>atrium chat</code> in a terminal.</p>
</main></body></html>
"""


class Page:
    """An ASGI application for GET and HEAD. Only files of the build and of the features on offer can be named."""

    def __init__(self, folder: Path | None, features: Features) -> None:
        self._folder = folder or BUILT
        self._features = features
        self._built_at = 0
        self._files: dict[str, Path] = {}
        self._packed: dict[Path, dict[str, Path]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodNotAllowed("the page can only be read")
        await self._response(scope["path"], _codings(scope))(scope, receive, send)

    def _response(self, path: str, codings: set[str]) -> Response:
        self._look()
        file = self._features.file(path) if path.startswith(PREFIX) else self._files.get(path)
        if file is not None and path != "/index.html":
            media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            return self._file(file, codings, IMMUTABLE if path.startswith("/assets/") else REVALIDATE, media_type)
        if path.startswith("/assets/") or "." in path.rpartition("/")[2].removesuffix(".html"):
            raise NotFound("the page has no such file")
        if not self._files:
            return HTMLResponse(MISSING, headers={"cache-control": "no-store"})
        return self._file(self._files["/index.html"], codings, REVALIDATE, "text/html; charset=utf-8")

    def _file(self, file: Path, codings: set[str], cache_control: str, media_type: str) -> Response:
        """Answer with a file, packed as the build has packed it if the client takes that (RFC 9110, 12.5.3)."""
        headers = {"cache-control": cache_control}
        packed = self._packed.get(file, {})
        if packed:
            headers["vary"] = "accept-encoding"
        coding = next((name for name in packed if name in codings), None)
        if coding is None:
            return FileResponse(file, headers=headers, media_type=media_type)
        return FileResponse(packed[coding], headers=headers | {"content-encoding": coding}, media_type=media_type)

    def _look(self) -> None:
        """List the build's files again when it was built anew."""
        index = self._folder / "index.html"
        built_at = index.stat().st_mtime_ns if index.is_file() else 0
        if built_at != self._built_at:
            self._built_at = built_at
            files = {file for file in self._folder.rglob("*") if file.is_file()} if built_at else set()
            packed = {file: {name: _with(file, suffix) for name, suffix in CODINGS.items()} for file in files}
            # One that is older than its file was packed from another.
            self._packed = {
                file: {
                    name: one for name, one in beside.items() if one in files and _written_at(one) >= _written_at(file)
                }
                for file, beside in packed.items()
            }
            plain = files - {one for beside in packed.values() for one in beside.values()}
            self._files = {f"/{file.relative_to(self._folder).as_posix()}": file for file in plain}


def _with(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _written_at(file: Path) -> int:
    return file.stat().st_mtime_ns


def _codings(scope: Any) -> set[str]:
    """Return the content codings that a client takes; those it gives a weight of 0 it does not."""
    given = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding").decode("latin-1")
    codings = set()
    for one in given.lower().split(","):
        name, _, weight = one.replace(" ", "").partition(";q=")
        if weight.strip("0.") or not weight:
            codings.add(name)
    return codings
