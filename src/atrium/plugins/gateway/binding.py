"""From a plugin's method to an HTTP endpoint: where each argument comes from."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from fastapi import Body, Header, Path, Query, Request
from pydantic import BaseModel, create_model
from pydantic.alias_generators import to_camel, to_pascal

from atrium.contracts.base import Model
from atrium.plugins.gateway.identity import HUB_URL, PRINCIPAL
from atrium.sdk import AtriumError, FieldError, Principal, Upload

BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
HEADERS = {
    "if_match": "If-Match",
    "if_none_match": "If-None-Match",
    "accept": "Accept",
    "idempotency_key": "Idempotency-Key",
    "last_event_id": "Last-Event-ID",
}
CURSOR = "last_event_id"
"""The one header that may be given in the query as well: browsers cannot set it when they open an event stream."""
CURSOR_QUERY = "last_event_id_query"

Method = Callable[..., Awaitable[Any]]
Respond = Callable[[Any, Request, int], Awaitable[Any]]


@dataclass(slots=True)
class Binding:
    """A method's parameters as an HTTP interface."""

    parameters: list[inspect.Parameter] = field(default_factory=list)
    caller: str | None = None
    upload: str | None = None
    asks_hub_url: bool = False
    body_fields: dict[str, Any] = field(default_factory=dict)
    wire_names: dict[str, str] = field(default_factory=dict)
    returns: Any = None


def bind(method: Method, http_method: str, path: str) -> Binding:
    """Decide where each argument of a method comes from: caller, path, query, headers or body.

    Annotations may be strings; they are resolved with the globals of the method's module. `path` has wire names.
    """
    hints = get_type_hints(method, include_extras=True)
    in_path = set(re.findall(r"{(\w+)", path))
    has_body = http_method in BODY_METHODS and Upload not in hints.values()
    whole_body = has_body and any(_is_model(hints.get(name)) for name in inspect.signature(method).parameters)
    binding = Binding(returns=hints.get("return"))
    for name, parameter in inspect.signature(method).parameters.items():
        annotation = hints.get(name, Any)
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        alias = HEADERS.get(name) or to_camel(name)
        binding.wire_names[name] = alias
        if _is_given(binding, name, annotation):
            continue
        if alias in in_path:
            binding.parameters.append(_parameter(name, annotation, Path(alias=alias)))
        elif name in HEADERS:
            binding.parameters.append(_parameter(name, annotation, Header(default, alias=alias)))
        elif has_body and _is_model(annotation):
            binding.parameters.append(_parameter(name, annotation, Body(default)))
        elif has_body and not whole_body:
            binding.body_fields[name] = (annotation, default)
        else:
            binding.parameters.append(_parameter(name, annotation, Query(default, alias=alias)))
    _add_body(binding, method.__qualname__)
    _add_cursor_alias(binding)
    return binding


def _is_given(binding: Binding, name: str, annotation: Any) -> bool:
    """Tell whether an argument is no parameter of the interface but what the gateway knows of the request."""
    if annotation is Principal or name == "caller":
        binding.caller = name
    elif annotation is Upload:
        binding.upload = name
    elif name == HUB_URL:
        binding.asks_hub_url = True
    else:
        return False
    return True


def endpoint(method: Method, binding: Binding, status: int, respond: Respond) -> Callable[..., Awaitable[Any]]:
    """Return the function that FastAPI calls, with the signature that it needs."""

    async def call(request: Request, **values: Any) -> Any:
        if binding.body_fields:
            _unpack(values, binding.body_fields)
        wire_names = binding.wire_names
        cursor = values.pop(CURSOR_QUERY, None)
        if cursor is not None and values.get(CURSOR) is None:
            values[CURSOR] = cursor
            wire_names = wire_names | {CURSOR: CURSOR}
        if binding.caller is not None:
            values[binding.caller] = request.scope["state"][PRINCIPAL]
        if binding.upload is not None:
            values[binding.upload] = _upload(request)
        if binding.asks_hub_url:
            values[HUB_URL] = request.scope["state"][HUB_URL]
        try:
            answer = await method(**values)
        except AtriumError as error:
            _rename_fields(error, wire_names)
            raise
        return await respond(answer, request, status)

    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by FastAPI
        [_parameter("request", Request), *binding.parameters]
    )
    call.__name__ = method.__name__
    call.__doc__ = method.__doc__
    return call


def _upload(request: Request) -> Upload:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    size = request.headers.get("content-length", "")
    return Upload(media_type, int(size) if size.isdigit() else None, request.stream())


def _add_body(binding: Binding, name: str) -> None:
    if not binding.body_fields:
        return
    # Named after class and method, so that the documentation has one name for each body.
    title = "".join(to_pascal(part) for part in name.split(".")[-2:])
    model: type[BaseModel] = create_model(f"{title}Body", __base__=Model, **binding.body_fields)
    if all(default is not ... for _, default in binding.body_fields.values()):
        binding.parameters.append(_parameter("body", model | None, Body(None)))
    else:
        binding.parameters.append(_parameter("body", model, Body()))


def _add_cursor_alias(binding: Binding) -> None:
    if any(parameter.name == CURSOR for parameter in binding.parameters):
        alias = Query(None, alias=CURSOR, description="The same as the header Last-Event-ID.")
        binding.parameters.append(_parameter(CURSOR_QUERY, str | None, alias))


def _rename_fields(error: AtriumError, wire_names: Mapping[str, str]) -> None:
    """Call the fields that are wrong what the client called them, where the plugin calls them by its parameters."""
    fields = []
    for wrong in error.fields:
        name = wire_names.get(wrong.field, wrong.field)
        error.detail = error.detail.replace(f"{wrong.field}: ", f"{name}: ")
        fields.append(FieldError(name, wrong.message))
    error.fields = tuple(fields)


def _unpack(values: dict[str, Any], fields: Mapping[str, Any]) -> None:
    body = values.pop("body")
    if body is not None:
        values.update({name: getattr(body, name) for name in fields})


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _is_model(annotation: Any) -> bool:
    if get_origin(annotation) in {Union, UnionType}:
        return any(_is_model(part) for part in get_args(annotation))
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
