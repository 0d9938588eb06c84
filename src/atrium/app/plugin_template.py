"""`atrium plugins new`: a plugin that works, with a test that passes."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
from pathlib import Path
from string import Template

from atrium.app.errors import CommandFailed
from atrium.app.plugin_sources import BUNDLED

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40

PLUGIN = '''"""$title: keep short texts, live on every screen."""

from typing import ClassVar

from atrium.sdk import AtriumError, Config, Event, Manifest, Plugin, Principal, Topic, route, service


class ${klass}Added(Event):
    """A text was stored."""

    type: ClassVar[str] = "$name.text.added.v1"

    text_id: str


class ${klass}Config(Config):
    """Settings: the section `$name` of the hub's configuration."""

    max_length: int = 500


class TextTooLong(AtriumError):
    """The text is longer than `maxLength`."""

    status = 422


class $klass(Plugin[${klass}Config]):
    """Owns the `$name.*` services and events, and the topic `$name`."""

    manifest = Manifest(name="$name", version="0.1.0", emits=(${klass}Added,))
    topics = (Topic("$name", shows=("text",)),)

    @route("POST", "/$name")
    @service("$name.add")
    async def add(self, caller: Principal, text_id: str, text: str) -> None:
        """Store a text, replacing one with the same id; every screen that shows the topic shows it at once."""
        if len(text) > self.config.max_length:
            raise TextTooLong(f"{len(text)} characters, {self.config.max_length} are allowed")
        await self.storage.of(caller.space).set(text_id, {"text": text})
        await self.events.publish(${klass}Added(text_id=text_id))

    @route("GET", "/$name/{text_id}")
    @service("$name.get")
    async def get(self, caller: Principal, text_id: str) -> dict[str, str | None]:
        """Return a text, null if there is none."""
        stored = await self.storage.of(caller.space).get(text_id)
        return {"text": stored["text"] if stored else None}
'''

TEST = '''"""$title: what it keeps, what it refuses, and that nobody sees another's texts."""

import asyncio

import pytest
from $module import $klass, TextTooLong

from atrium.kernel.runtime import CoreRuntime
from atrium.sdk import Principal
from atrium.testing.kernel import kernel_with

ANN = Principal(user="ann", client="test")
BOB = Principal(user="bob", client="test")


async def get(runtime: CoreRuntime, caller: Principal, text_id: str) -> object:
    return await runtime.service_registry.call("$name.get", caller, text_id)


def test_a_text_is_kept_for_its_owner() -> None:
    async def scenario() -> None:
        async with kernel_with($klass) as runtime:
            heard: list[str] = []

            async def listen(event_type: str, data: object) -> None:
                heard.append(event_type)

            runtime.event_bus.subscribe("$name.*", listen)
            await runtime.service_registry.call("$name.add", ANN, "first", "hello")
            await runtime.event_bus.drain()
            assert await get(runtime, ANN, "first") == {"text": "hello"}
            assert await get(runtime, BOB, "first") == {"text": None}
            assert heard == ["$name.text.added.v1"]

    asyncio.run(scenario())


def test_a_text_that_is_too_long_is_refused() -> None:
    async def scenario() -> None:
        async with kernel_with($klass, config={"$name": {"maxLength": 3}}) as runtime:
            with pytest.raises(TextTooLong, match="4 characters, 3 are allowed"):
                await runtime.service_registry.call("$name.add", ANN, "first", "four")

    asyncio.run(scenario())
'''

README = """# $title

A plugin for Atrium.

    python -m pytest                      # run its test, with the Python that has Atrium
    cp $module.py ~/.atrium/plugins/      # give it to your hub, then: atrium restart
    atrium plugins list                   # it runs, or here is why not

To give it to others, publish this folder as a package: the entry point in `pyproject.toml` is how a hub finds it.
"""

PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "atrium-$name"
version = "0.1.0"
description = "A plugin for Atrium."
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["atrium-hub"]

[project.entry-points."atrium.plugins"]
$name = "$module:$klass"

[tool.hatch.build.targets.wheel]
only-include = ["$module.py"]

[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["-p", "no:asyncio"]
"""


class NameRefused(CommandFailed):
    """A plugin cannot have this name."""


def check_name(name: str) -> None:
    """Raise `NameRefused` with the reason unless a plugin may have this name."""
    module = name.replace("-", "_")
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        raise NameRefused(
            f"{name!r} cannot be a plugin's name: lower-case letters and digits, words joined by -, "
            f"at most {_LONGEST} characters, such as {_suggestion(name)}"
        )
    if name in BUNDLED:
        raise NameRefused(f"{name!r} is a plugin that ships with Atrium; choose another name")
    if module in sys.stdlib_module_names or module in {"atrium", "pytest"} or keyword.iskeyword(module):
        raise NameRefused(f"{name!r} would hide Python's own module of that name; choose another, such as my-{name}")


def write_plugin(name: str, folder: Path) -> list[Path]:
    """Write the plugin's folder `folder/name` and return its files; an existing one is left alone."""
    check_name(name)
    target = folder / name
    if target.exists():
        raise CommandFailed(f"{target} exists already: choose another name, or remove it first")
    module = name.replace("-", "_")
    words = {
        "name": name,
        "module": module,
        "klass": "".join(word.capitalize() for word in module.split("_")),
        "title": name.replace("-", " ").capitalize(),
    }
    files = {f"{module}.py": PLUGIN, f"test_{module}.py": TEST, "README.md": README, "pyproject.toml": PROJECT}
    target.mkdir(parents=True)
    try:
        for file, text in files.items():
            (target / file).write_text(Template(text).substitute(words), "utf-8")
    except OSError:
        shutil.rmtree(target, ignore_errors=True)  # half a plugin would be in the way of the next try
        raise
    return [target / file for file in files]


def _suggestion(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower())
    made = "-".join(words).lstrip("0123456789-")[:_LONGEST].rstrip("-")
    return made or "my-plugin"
