"""Settings: `<home>/core/config.json`, migrated, overridden by the environment, checked."""

from .loading import Settings, effective, load, redacted
from .problems import ConfigInvalid, ConfigProblem
from .schema import VERSION, CoreConfig, section_of

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
