"""Importing plugins, each on its own: one that is broken is reported and harms nobody."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from atrium.app.errors import CommandFailed
from atrium.app.plugin_sources import PluginClass, PluginSource
from atrium.sdk import PluginFailed

log = logging.getLogger(__name__)


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
    """Import each source; the reason of a failure is kept."""
    return [_load(source) for source in sources]


def _load(source: PluginSource) -> LoadedClass:
    try:
        return LoadedClass(source, source.load())
    except PluginFailed as error:
        return LoadedClass(source, None, error.detail)
    except Exception as error:  # the supervisor: plugins of others may fail in any way
        log.debug("plugin could not be imported", exc_info=error)
        return LoadedClass(source, None, f"{type(error).__name__}: {error}")
