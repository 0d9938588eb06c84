"""Offers the room of this package to the web app: dropped into `<home>/plugins/`, told where the package lies."""

from pathlib import Path

from atrium.sdk import Config, Manifest, Plugin, PluginFailed


class TallyConfig(Config):
    """Settings of the tally."""

    package: Path
    """The folder of the package `atrium-tally-room`, wherever it was unpacked or installed."""


class Tally(Plugin[TallyConfig]):
    """Brings the room; the hub needs nothing else of it."""

    manifest = Manifest(name="tally", version="0.1.0", description="How many sessions there are", features=("tally",))

    async def start(self) -> None:
        """Offer the room; raises `PluginFailed` where there is no such package."""
        web = self.config.package / "web"
        if not (web / "index.js").is_file():
            raise PluginFailed(f"`tally.package` names no folder with web/index.js: {self.config.package}")
        self.context.extensions.contribute("gateway.feature", web, name="tally")
