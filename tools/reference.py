"""Write the reference pages from the code: commands, settings, the interface, entries, the SDK.

`python tools/reference.py` writes `docs/reference/`; with `--check` it only says whether the pages are up to date.
Whatever has no description is an error: documentation is part of the code that it describes.
"""

import argparse
import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from atrium import adapters, plugins
from atrium.app.cli.entry import cli
from atrium.app.config.schema import CoreConfig
from atrium.app.plugin_classes import load_classes
from atrium.app.plugin_sources import bundled_sources
from atrium.app.sections import sections_of
from atrium.contracts import sessions as session_contracts
from atrium.contracts.events import Event
from atrium.plugins.gateway.routes import wire_path
from atrium.sdk import errors
from atrium.sdk.plugin import Offer, Plugin

FOLDER = Path("docs/reference")
SOURCE = Path("src/atrium")
GENERATED = "<!-- Written by tools/reference.py; do not edit. -->\n\n"

SETTINGS_HEAD = """# Settings

`<home>/core/config.json`, all of it optional. The environment wins over the file: `ATRIUM_` and the key's path joined
by `__`, as in `ATRIUM_CORE__PORT=9000`. `atrium config check` says what is wrong with it, `atrium config show` what is
in force.
"""

ENTRIES_HEAD = """# Events and entries

CloudEvents 1.0. Entries of a stream carry `offset` and `prev`; a *hint* is shown at once and may be lost in a crash,
everything else is stored before it is shown.
"""

ERRORS_HEAD = """# Errors

Over HTTP they are `application/problem+json` (RFC 9457), over WebSocket `error` frames with the same fields.

| code | status | what it says | can be tried again |
|---|---|---|---|"""


PHRASES_HEAD = """# Phrases

English texts of the hub that clients say in other languages. Beside such a text stands, in `phrases` and under the name
of its field, a `code` and `params`, the values in it: times as ISO 8601, sizes in bytes, amounts as numbers. A client
that does not know a code shows the text as it is. `recipe.<id>` is what a recipe says of its program; `check.<name>` is
sent with no finding, and is the name of what its `check` looks at.

| code | values |
|---|---|"""


class Undocumented(Exception):
    """Something that people use has no description."""


def pages() -> dict[str, str]:
    """Return every page's text by file name."""
    return {
        "commands.md": commands_page(),
        "settings.md": settings_page(),
        "interface.md": interface_page(),
        "entries.md": entries_page(),
        "errors.md": errors_page(),
        "phrases.md": phrases_page(),
    }


def as_written(body: str) -> str:
    """Return a page as it stands in its file."""
    return f"{GENERATED}{body.rstrip()}\n"


def commands_page() -> str:
    """Describe every command, as its `--help` does."""
    parts = ["# Commands\n"]
    for path, command, context in commands_of(cli, "atrium", None):
        if not command.help:
            raise Undocumented(f"command {path}")
        parts.append(f"## {path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n")
    return "\n".join(parts)


def commands_of(
    command: click.Command, path: str, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield a command and all below it, with its whole name."""
    context = click.Context(command, info_name=path.rpartition(" ")[2], parent=parent, max_content_width=100)
    yield path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from commands_of(child, f"{path} {name}", context)


def settings_page() -> str:
    """Describe every setting, with its key, type and default."""
    sections = sections_of(load_classes(bundled_sources()))
    tables = [_settings_table("core", CoreConfig)]
    tables.extend(_settings_table(name, model) for name, model in sections.items() if model and model.model_fields)
    return "\n".join([SETTINGS_HEAD, *tables])


def _settings_table(section: str, model: type[BaseModel]) -> str:
    rows = [f"## {section}\n", f"{_summary(model)}\n", "| key | type | default | what it is |", "|---|---|---|---|"]
    rows.extend(_settings(section, model))
    return "\n".join(rows) + "\n"


def _settings(prefix: str, model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = f"{prefix}.{field.alias or name}"
        nested = _nested(field.annotation)
        if nested is not None:
            yield from _settings(key, nested)
            continue
        if not field.description:
            raise Undocumented(f"setting {key}")
        yield f"| `{key}` | {_type_name(field.annotation)} | {_default(field)} | {_cell(field.description)} |"


def _nested(annotation: Any) -> type[BaseModel] | None:
    """Return the type of a setting that is a section of its own; a union with one stays a setting."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _unannotated(annotation: Any) -> Any:
    """Return a type without what checks its values, which reads as an address in memory."""
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return parts[0]
    has_checks = any(get_origin(part) is Annotated for part in parts)
    return reduce(or_, map(_unannotated, parts)) if has_checks and type(None) in parts else annotation


def _type_name(annotation: Any) -> str:
    annotation = _unannotated(annotation)
    name = annotation.__name__ if isinstance(annotation, type) else re.sub(r"\b[a-z_]+\.(?=\w)", "", str(annotation))
    return f"`{_cell(name)}`"


def _default(field: FieldInfo) -> str:
    return f"`{_cell(repr(field.get_default(call_default_factory=True)))}`" if not field.is_required() else "required"


def interface_page() -> str:
    """Describe what each plugin offers: routes, frames, services, topics, and the events it listens to."""
    parts = ["# Interface\n", "Every route stands below `/api/v1`; the whole description is `/api/v1/openapi.json`.\n"]
    for plugin in bundled_plugins():
        manifest = plugin.manifest
        parts.append(f"## {manifest.name}\n\n{_summary(plugin)}\n")
        for title, point, label in (
            ("Routes", "gateway.route", _route_label),
            ("Frames", "gateway.frame", lambda offer: f"`{offer.options['type']}`"),
            ("Services", "kernel.service", lambda offer: f"`{offer.options['name']}`"),
            ("Listens to", "kernel.subscription", lambda offer: f"`{offer.options['event_type']}`"),
        ):
            parts.append(_offers_table(plugin, title, point, label))
        if plugin.topics:
            names = dict.fromkeys(f"`{topic.name}`" for topic in plugin.topics)
            parts.append(f"**Topics:** {', '.join(names)}\n")
    return "\n".join(part for part in parts if part)


def _route_label(offer: Offer) -> str:
    public = " (public)" if offer.options["public"] else ""
    return f"`{offer.options['method']} {wire_path(offer.options['path'])}`{public}"


def _offers_table(plugin: type[Plugin[Any]], title: str, point: str, label: Callable[[Offer], str]) -> str:
    rows = []
    for name, method in inspect.getmembers(plugin, callable):
        for offer in getattr(method, "__offers__", ()):
            if offer.point == point:
                if not method.__doc__:
                    raise Undocumented(f"{plugin.manifest.name}.{name}")
                rows.append(f"| {label(offer)} | {_cell(_summary(method))} |")
    if not rows:
        return ""
    return "\n".join([f"| {title} | |", "|---|---|", *sorted(rows)]) + "\n"


def entries_page() -> str:
    """Describe every type of event and of stream entry, with its data."""
    parts = [ENTRIES_HEAD]
    kinds = [kind for _, kind in inspect.getmembers(session_contracts, _is_event)]
    for kind in sorted(kinds, key=lambda kind: kind.type):
        hint = " (hint)" if kind.hint else ""
        parts.append(f"## {kind.type}{hint}\n\n{_summary(kind)}\n\n| field | type | |\n|---|---|---|")
        for name, field in kind.model_fields.items():
            needed = "" if field.is_required() else "optional"
            parts.append(f"| `{field.alias or name}` | {_type_name(field.annotation)} | {needed} |")
        parts.append("")
    return "\n".join(parts)


def _is_event(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Event) and "type" in vars(value)


def errors_page() -> str:
    """Describe every error that crosses a boundary."""
    kinds: dict[str, type[errors.AtriumError]] = {}
    for kind in sorted(declared_errors(), key=lambda kind: kind.__module__):
        kinds.setdefault(kind.code, kind)
    rows = [
        f"| `{kind.code}` | {kind.status} | {kind.title()} | {'yes' if kind.recoverable else 'no'} |"
        for kind in sorted(kinds.values(), key=lambda kind: (kind.status, kind.code))
    ]
    return "\n".join([ERRORS_HEAD, *rows]) + "\n"


def phrases_page() -> str:
    """Describe every phrase that the hub can send."""
    rows = [
        f"| `{code}` | {', '.join(f'`{name}`' for name in sorted(names)) or ''} |"
        for code, names in sorted(declared_phrases().items())
    ]
    return "\n".join([PHRASES_HEAD, *rows]) + "\n"


def declared_phrases() -> dict[str, set[str]]:
    """Return the names of the values of each phrase by its code, as the source writes them out where it is made."""
    found: dict[str, set[str]] = {f"recipe.{file.parent.name}": set() for file in SOURCE.rglob("recipe.json")}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "phrase":
                names = {_written_out(value.arg, file, node) for value in node.keywords}
                found.setdefault(_written_out(ast.literal_eval(node.args[0]), file, node), set()).update(names)
            elif node.func.id == "Finding" and "adapters" in file.parts:
                found[f"check.{ast.literal_eval(node.args[0])}"] = set()
    return found


def declared_errors() -> list[type[errors.AtriumError]]:
    """Return every error that the hub, its plugins and its adapters declare."""
    for package in (adapters, plugins):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: list[type[errors.AtriumError]] = []
    waiting = errors.AtriumError.__subclasses__()
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("atrium.")]


def bundled_plugins() -> list[type[Plugin[Any]]]:
    """Return the class of every plugin that ships."""
    return [source.load() for source in bundled_sources()]


def _summary(thing: Any) -> str:
    """Return the first paragraph of a docstring, on one line."""
    text = inspect.cleandoc(thing.__doc__ or "")
    if not text:
        raise Undocumented(str(thing))
    return " ".join(text.partition("\n\n")[0].split())


def _written_out(name: str | None, file: Path, call: ast.Call) -> str:
    if name is None:
        raise Undocumented(f"{file}:{call.lineno}: the values of the phrase")
    return name


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="say what is out of date and change nothing")
    check = parser.parse_args().check
    stale = []
    for name, body in pages().items():
        path, text = FOLDER / name, as_written(body)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path))
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale and check:
        print(f"out of date: {', '.join(stale)}; write them anew with  make reference", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
