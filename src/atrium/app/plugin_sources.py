"""Where plugins come from: those that ship with the hub, installed packages, and files dropped into the home."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeGuard

from atrium.sdk import Plugin, PluginFailed
from atrium.sdk.phrases import phrase

PluginClass = type[Plugin[Any]]

GROUP = "atrium.plugins"

BUNDLED: Mapping[str, str] = {
    "secrets": "atrium.plugins.secrets.plugin:Secrets",
    "approvals": "atrium.plugins.approvals.plugin:Approvals",
    "providers": "atrium.plugins.providers.plugin:Providers",
    "usage": "atrium.plugins.usage.plugin:Usages",
    "sessions": "atrium.plugins.sessions.plugin:Sessions",
    "gateway": "atrium.plugins.gateway.plugin:Gateway",
}
"""All plugins that ship with the hub, in the order they are loaded. Nothing is imported before it is wanted."""


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin that could be loaded. `load` imports it, which for plugins of others may fail in any way."""

    name: str
    origin: Literal["bundled", "package", "file"]
    load: Callable[[], PluginClass]


def all_sources(folder: Path) -> list[PluginSource]:
    """Return every plugin there is; the bundled first. Imports nothing."""
    return [*bundled_sources(), *package_sources(), *file_sources(folder)]


def bundled_sources() -> list[PluginSource]:
    """Return the plugins that ship with the hub."""
    return [PluginSource(name, "bundled", _named_class(target)) for name, target in BUNDLED.items()]


def package_sources(paths: list[str] | None = None) -> list[PluginSource]:
    """Return the plugins of installed packages: their entry points in group `atrium.plugins`."""
    targets = {name: target for folder in paths or sys.path for name, target in _entry_points(Path(folder))}
    return [PluginSource(name, "package", _named_class(target)) for name, target in sorted(targets.items())]


def file_sources(folder: Path) -> list[PluginSource]:
    """Return the plugins dropped into a folder: a file each, with one `Plugin` class in it."""
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith(("_", ".", "test_")))
    return [PluginSource(path.stem, "file", _file_class(path)) for path in files]


def _entry_points(folder: Path) -> Iterator[tuple[str, str]]:
    # Reading the few files that could name us takes a tenth of what importlib.metadata does with all of them.
    if not folder.is_dir():
        return
    for file in folder.glob("*.dist-info/entry_points.txt"):
        text = file.read_text("utf-8", "replace")
        if f"[{GROUP}]" not in text:
            continue
        parser = ConfigParser(delimiters=("=",), interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
        try:
            parser.read_string(text)
        except ConfigParserError:
            continue  # a package that no installer would have accepted offers nothing
        yield from parser.items(GROUP)


def _named_class(target: str) -> Callable[[], PluginClass]:
    def load() -> PluginClass:
        module_name, _, attribute = target.partition(":")
        found = getattr(importlib.import_module(module_name.strip()), attribute.strip(), None)
        if not _is_plugin(found):
            raise PluginFailed(phrase("plugin.no_class", f"{target} is no Plugin class", target=target))
        return found

    return load


def _file_class(path: Path) -> Callable[[], PluginClass]:
    def load() -> PluginClass:
        name = f"atrium_plugin_{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise PluginFailed(phrase("plugin.not_importable", f"{path} cannot be imported", file=str(path)))
        module = importlib.util.module_from_spec(spec)
        # Dataclasses and pydantic look their module up by name.
        sys.modules[name] = module
        spec.loader.exec_module(module)
        found = [value for value in vars(module).values() if _is_plugin(value) and value.__module__ == name]
        if len(found) != 1:
            said = f"{path} defines {len(found)} Plugin classes; a dropped-in file defines one"
            raise PluginFailed(phrase("plugin.not_one_class", said, file=str(path), count=len(found)))
        return found[0]

    return load


def _is_plugin(value: object) -> TypeGuard[PluginClass]:
    return isinstance(value, type) and issubclass(value, Plugin) and value is not Plugin
