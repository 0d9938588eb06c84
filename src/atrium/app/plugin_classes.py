"""Importing plugins, each on its own: one that is broken is reported and harms nobody."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from atrium.app.config.schema import SECTION_OF_PLUGIN
from atrium.app.errors import CommandFailed
from atrium.app.plugin_sources import PluginClass, PluginSource
from atrium.sdk import Manifest, PluginFailed
from atrium.sdk.phrases import phrase

log = logging.getLogger(__name__)

RESERVED = frozenset({"version", "core", *SECTION_OF_PLUGIN.values()})
"""Names that no plugin may have: what stands in the settings below them is not a plugin's."""


@dataclass(frozen=True, slots=True)
class LoadedClass:
    """A plugin's class, or why there is none."""

    source: PluginSource
    plugin: PluginClass | None
    reason: str = ""

    @property
    def name(self) -> str:
        """Return the plugin's name: its manifest's, or its source's while there is none."""
        return self.plugin.manifest.name if self.plugin else self.source.name


class UnknownPlugins(CommandFailed):
    """Plugins were asked for that do not exist."""


def select(sources: Sequence[PluginSource], names: Collection[str] | None) -> list[PluginSource]:
    """Return the sources with these names, all of them for None; raises `UnknownPlugins`."""
    if names is None:
        return list(sources)
    known = {source.name for source in sources}
    unknown = sorted(set(names) - known)
    if unknown:
        raise UnknownPlugins(f"there is no plugin {', '.join(unknown)}; there is {', '.join(sorted(known))}")
    return [source for source in sources if source.name in names]


def load_classes(sources: Sequence[PluginSource]) -> list[LoadedClass]:
    """Import each source; the reason of a failure is kept. The first of a name stands, whatever comes after it."""
    loaded: list[LoadedClass] = []
    taken = set(RESERVED)
    for source in sources:
        one = _load(source)
        if one.plugin is not None and one.name in taken:
            said = f"its manifest gives it the name {one.name!r}, which is taken"
            one = LoadedClass(source, None, phrase("plugin.name_taken", said, name=one.name))
        if one.plugin is not None:
            taken.add(one.name)
        loaded.append(one)
    return loaded


def _load(source: PluginSource) -> LoadedClass:
    try:
        return LoadedClass(source, _described(source.load()))
    except PluginFailed as error:
        return LoadedClass(source, None, error.detail)
    except Exception as error:  # the supervisor: plugins of others may fail in any way
        log.debug("plugin could not be imported", exc_info=error)
        return LoadedClass(source, None, f"{type(error).__name__}: {error}")


def _described(plugin: PluginClass) -> PluginClass:
    """Let what the module or the class says of itself describe a plugin whose manifest does not."""
    if not isinstance(getattr(plugin, "manifest", None), Manifest):
        name, example = plugin.__name__, 'manifest = Manifest(name="notes")'
        said = f"{name} has no manifest: it needs  {example}"
        raise PluginFailed(phrase("plugin.no_manifest", said, plugin=name, example=example))
    if not plugin.manifest.description:
        said = sys.modules[plugin.__module__].__doc__ or plugin.__doc__ or ""
        first = " ".join(said.strip().partition("\n\n")[0].split())
        plugin.manifest = replace(plugin.manifest, description=first.removesuffix("."))
    return plugin
