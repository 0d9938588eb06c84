"""Plugins of others as they are found: what describes them, and names that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from atrium.app.cli.entry import cli
from atrium.app.home import Home
from atrium.app.plugin_classes import LoadedClass, load_classes
from atrium.app.plugin_sources import all_sources

PLUGIN = """{module}
from atrium.sdk import Manifest, Plugin


class Mine(Plugin):
    {text}
    manifest = Manifest({manifest})
"""


def write(place: Home, name: str, manifest: str, module: str = "", text: str = "") -> None:
    place.create()
    (place.plugins / f"{name}.py").write_text(PLUGIN.format(manifest=manifest, module=module, text=text))


def found(place: Home) -> dict[str, LoadedClass]:
    return {one.source.name: one for one in load_classes(all_sources(place.plugins))}


@pytest.mark.parametrize(
    ("manifest", "module", "text", "about"),
    [
        ('name="mine", description="From the manifest"', '"""Module."""', '"""Class."""', "From the manifest"),
        ('name="mine"', '"""From the module,\nin two.\n\nNo."""', '"""Class."""', "From the module, in two"),
        ('name="mine"', "", '"""From the class."""', "From the class"),
        ('name="mine"', "", "", ""),
    ],
)  # fmt: skip
def test_a_plugin_is_described_by_what_it_says_of_itself(
    home: Path, manifest: str, module: str, text: str, about: str
) -> None:
    write(Home(home), "mine", manifest, module, text)
    plugin = found(Home(home))["mine"].plugin
    assert plugin is not None
    assert plugin.manifest.description == about
    assert about in CliRunner().invoke(cli, ["plugins", "list"]).output


@pytest.mark.parametrize("name", ["gateway", "bridge", "core", "version", "twice"])
def test_a_name_that_is_taken_is_refused_and_harms_nobody(home: Path, name: str) -> None:
    write(Home(home), "a", 'name="twice"')
    write(Home(home), "b", f'name="{name}"')
    loaded = found(Home(home))
    assert loaded["b"].plugin is None
    assert loaded["b"].reason == f"its manifest gives it the name {name!r}, which is taken"
    assert loaded["a"].plugin is not None
    assert loaded["gateway"].plugin is not None


def test_a_plugin_without_a_manifest_is_told_what_is_missing(home: Path) -> None:
    Home(home).create()
    (Home(home).plugins / "bare.py").write_text("from atrium.sdk import Plugin\n\n\nclass Bare(Plugin):\n    pass\n")
    result = CliRunner().invoke(cli, ["plugins", "list"])
    assert 'Bare has no manifest: it needs  manifest = Manifest(name="notes")' in result.output
