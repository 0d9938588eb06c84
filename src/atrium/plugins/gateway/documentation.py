"""OpenAPI 3.1 of every route, from the types of the methods behind them."""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

import orjson
from fastapi import FastAPI
from pydantic import BaseModel

from atrium.contracts.problems import Problem
from atrium.plugins.gateway.binding import Binding
from atrium.plugins.gateway.problems import MEDIA_TYPE
from atrium.sdk import Contribution, EntryStream, FileReply, Resource

SNAPSHOT = {
    "type": "object",
    "required": ["revision", "data"],
    "properties": {"revision": {"type": "string", "pattern": "^[0-9]+$"}, "data": {}},
}
FILE = {"type": "string", "format": "binary"}
ENTRIES = {"type": "string", "description": "One CloudEvents entry a line, oldest first."}


def describe(binding: Binding, contribution: Contribution) -> dict[str, Any]:
    """Return what FastAPI needs to know of a route for its documentation."""
    text = (contribution.value.__doc__ or "").strip().partition("\n")
    status = int(contribution.options.get("status", 200))
    described: dict[str, Any] = {
        "response_model": None,
        "tags": [contribution.owner],
        "summary": text[0].rstrip("."),
        "operation_id": f"{contribution.owner}.{contribution.value.__name__}",
        "responses": {"default": _content(MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"}, "A problem.")},
    }
    answers = _parts(binding.returns)
    if contribution.options.get("upload"):
        described["openapi_extra"] = {"requestBody": {"required": True, "content": {"*/*": {"schema": FILE}}}}
    if EntryStream in answers:
        described["responses"][status] = _content("application/x-ndjson", ENTRIES, "The entries.")
        described["responses"][status]["content"]["text/event-stream"] = {"schema": {"type": "string"}}
    elif FileReply in answers:
        described["responses"][status] = _content("*/*", FILE, "The file.")
    elif Resource in answers:
        described["responses"][status] = _content("application/json", SNAPSHOT, "The resource and its revision.")
    elif models := [part for part in answers if isinstance(part, type) and issubclass(part, BaseModel)]:
        described["responses"][status] = {"model": models[0]}
    return described


def document(app: FastAPI) -> bytes:
    """Return the OpenAPI document as JSON."""
    schema = app.openapi()
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"bearer": []}]
    return orjson.dumps(schema)


def _content(media_type: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _parts(annotation: Any) -> list[Any]:
    if get_origin(annotation) in {Union, types.UnionType}:
        return [part for argument in get_args(annotation) for part in _parts(argument)]
    return [annotation]
