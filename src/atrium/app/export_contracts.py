"""Write what crosses a boundary as schemas into `contracts/`: `python -m atrium.app.export_contracts [--check]`."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, create_model

from atrium.adapters.storage.memory import MemoryStorageAdapter
from atrium.app.config import VERSION, CoreConfig
from atrium.app.home import Home
from atrium.app.plugin_classes import LoadedClass, load_classes
from atrium.app.plugin_sources import bundled_sources
from atrium.app.sections import sections_of
from atrium.contracts.events import Event
from atrium.contracts.sessions import ENTRIES
from atrium.kernel.runtime import CoreRuntime
from atrium.plugins.gateway.plugin import Gateway

FOLDER = Path("contracts")
BASE = "https://atrium.invalid/contracts"
DRAFT = "https://json-schema.org/draft/2020-12/schema"

ENVELOPE: Mapping[str, Any] = {
    "$schema": DRAFT,
    "$id": f"{BASE}/events/event_envelope.schema.json",
    "title": "Entry",
    "description": "One entry of a stream: a CloudEvent with its offset and that of the durable entry before it.",
    "type": "object",
    "required": ["specversion", "id", "type", "source", "subject", "time", "data", "offset", "prev"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "type": {"type": "string", "pattern": "^[a-z_]+(\\.[a-z_]+)+\\.v[1-9][0-9]*$"},
        "source": {"type": "string"},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
        "offset": {"type": "string", "pattern": "^[0-9]+$"},
        "prev": {"type": "string", "pattern": "^[0-9]+$"},
    },
}


def main(arguments: Sequence[str]) -> int:
    """Write the contracts, or with `--check` say which are not as written; return the exit code."""
    expected = contracts()
    if "--check" not in arguments:
        for path, text in expected.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for path in _stale(expected):
            path.unlink()
        return 0
    wrong = [f"{path}: changed" for path, text in expected.items() if _read(path) != text]
    wrong += [f"{path}: describes nothing that exists" for path in _stale(expected)]
    if wrong:
        print("\n".join(wrong))
        print("If that is meant, write them again: python -m atrium.app.export_contracts")
    return 1 if wrong else 0


def contracts() -> dict[Path, str]:
    """Return the text of every exported contract by its path."""
    loaded = load_classes(bundled_sources())
    documents: dict[Path, Any] = {
        FOLDER / "openapi.json": asyncio.run(_openapi(loaded)),
        FOLDER / "config.schema.json": config_schema(loaded),
        FOLDER / "events" / "event_envelope.schema.json": ENVELOPE,
    }
    for event in _events(loaded):
        documents[FOLDER / "events" / f"{event.type}.schema.json"] = event_schema(event)
    return {path: json.dumps(document, indent=2, sort_keys=True) + "\n" for path, document in documents.items()}


def event_schema(event: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event's data."""
    schema = event.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": DRAFT, "$id": f"{BASE}/events/{event.type}.schema.json", **schema, "x-hint": event.hint}


def config_schema(loaded: Iterable[LoadedClass]) -> dict[str, Any]:
    """Return the JSON Schema of `core/config.json` with the sections of these plugins."""
    sections: dict[str, Any] = {
        name: (kind, kind()) for name, kind in {"core": CoreConfig, **sections_of(list(loaded))}.items() if kind
    }
    model: type[BaseModel] = create_model("Configuration", version=(str, VERSION), **sections)
    schema = model.model_json_schema(by_alias=True)
    return {"$schema": DRAFT, "$id": f"{BASE}/config.schema.json", **schema, "additionalProperties": False}


async def _openapi(loaded: Iterable[LoadedClass]) -> Any:
    """Start the bundled plugins over an empty database in memory, on a port of their own, and ask the gateway."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.create()
        runtime = CoreRuntime(MemoryStorageAdapter(), config={"gateway": {"port": 0}}, home=home.root)
        for one in loaded:
            if one.plugin is None:
                raise RuntimeError(f"{one.name}: {one.reason}")
            await runtime.plugin_manager.load_plugin(one.plugin(runtime))
        try:
            await runtime.start()
            gateway = runtime.plugin_manager.plugin(Gateway.manifest.name)
            assert isinstance(gateway, Gateway)
            return json.loads(gateway.serving.dispatcher.openapi())
        finally:
            await runtime.stop(drain_seconds=0)


def _events(loaded: Iterable[LoadedClass]) -> list[type[Event]]:
    emitted = [event for one in loaded if one.plugin for event in one.plugin.manifest.emits]
    return sorted({*ENTRIES, *emitted}, key=lambda event: event.type)


def _stale(expected: Mapping[Path, str]) -> list[Path]:
    return sorted(path for path in (FOLDER / "events").glob("*.schema.json") if path not in expected)


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
