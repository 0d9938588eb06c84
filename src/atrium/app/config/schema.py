"""The settings as types: the hub's own, and how to walk any plugin's settings by the keys of the file."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field

from atrium.sdk import Config

VERSION = "1.0.0"
"""The version of the file's format."""

SECTION_OF_PLUGIN = {"gateway": "bridge"}
"""Sections that do not have their plugin's name."""


class CoreConfig(Config):
    """Settings of the hub itself."""

    port: int = Field(default=8080, ge=0, le=65535, description="The port of everything; 0 picks a free one.")
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to listen on.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    data_dir: str | None = Field(
        default=None, min_length=1, description="The folder of the database; `data` in the home if not given."
    )
    drain_timeout: float = Field(
        default=30, ge=0, le=30, description="How many seconds running turns get to end when the hub stops."
    )


def section_of(plugin: str) -> str:
    """Return the name of a plugin's section."""
    return SECTION_OF_PLUGIN.get(plugin, plugin)


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at a place: named keys with their types, and the type of any other key (None: none may)."""

    named: Mapping[str, Any] = field(default_factory=dict)
    other: Any = None


def shape_of(annotation: Any) -> Shape:
    """Return what an annotated place may hold."""
    if annotation is Any:
        return Shape(other=Any)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model_shape(annotation)
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _union_shape(get_args(annotation))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Shape(other=get_args(annotation)[1])
    return Shape(other=Any) if annotation in (dict, Mapping) else Shape()


def takes_text(annotation: Any) -> bool:
    """Tell whether the place takes text, so that a value such as `123` from the environment is text there."""
    if get_origin(annotation) in (Union, types.UnionType):
        return any(takes_text(part) for part in get_args(annotation))
    if get_origin(annotation) is Literal:
        return all(isinstance(value, str) for value in get_args(annotation))
    return annotation is str or getattr(annotation, "__name__", "") == "SecretStr"


def is_number(annotation: Any) -> bool:
    """Tell whether the place takes a number or nothing: `maxTokens` counts, whatever its name ends in."""
    if get_origin(annotation) in (Union, types.UnionType):
        return all(part is types.NoneType or is_number(part) for part in get_args(annotation))
    return annotation in (int, float)


def _model_shape(model: type[BaseModel]) -> Shape:
    named = {info.alias or name: info.annotation for name, info in model.model_fields.items()}
    return Shape(named, Any if model.model_config.get("extra") == "allow" else None)


def _union_shape(parts: tuple[Any, ...]) -> Shape:
    shapes = [shape_of(part) for part in parts]
    named = {name: kind for shape in shapes for name, kind in shape.named.items()}
    return Shape(named, next((shape.other for shape in shapes if shape.other is not None), None))
