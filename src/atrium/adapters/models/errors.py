"""What can go wrong while a model is fetched."""

from __future__ import annotations

from atrium.sdk.errors import AtriumError, Conflict, InvalidInput, StorageFailed


class UnknownModel(InvalidInput):
    """There is no model of this name."""


class SourceUnreadable(InvalidInput):
    """The given model file cannot be read."""


class PullRunning(Conflict):
    """Another model is being fetched: wait until it is done."""

    recoverable = True


class NotEnoughDisk(StorageFailed):
    """There is not enough room on the disk for the model."""


class ModelMismatch(AtriumError):
    """The file is not the model it should be; it was not kept."""

    status = 502


class DownloadFailed(AtriumError):
    """The model could not be downloaded."""

    status = 502
    recoverable = True
