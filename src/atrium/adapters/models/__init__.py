"""The model store: a small catalogue of open models, and the verified files in `<home>/models/`."""

from atrium.adapters.models.catalogue import CATALOGUE, DEFAULT_MODEL, ModelEntry
from atrium.adapters.models.errors import (
    DownloadFailed,
    ModelMismatch,
    NotEnoughDisk,
    PullRunning,
    SourceUnreadable,
    UnknownModel,
)
from atrium.adapters.models.store import ModelState, ModelStore

__all__ = [
    "CATALOGUE", "DEFAULT_MODEL", "DownloadFailed", "ModelEntry", "ModelMismatch", "ModelState", "ModelStore",
    "NotEnoughDisk", "PullRunning", "SourceUnreadable", "UnknownModel",
]  # fmt: skip
