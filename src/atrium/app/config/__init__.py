"""Settings: `<home>/core/config.json`, migrated, overridden by the environment, checked."""

from atrium.app.config.loading import Settings, effective, load, redacted
from atrium.app.config.problems import ConfigInvalid, ConfigProblem
from atrium.app.config.schema import VERSION, CoreConfig, section_of

__all__ = [
    "VERSION",
    "ConfigInvalid",
    "ConfigProblem",
    "CoreConfig",
    "Settings",
    "effective",
    "load",
    "redacted",
    "section_of",
]
