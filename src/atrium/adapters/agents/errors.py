"""What can go wrong while a program is installed."""

from __future__ import annotations

from atrium.sdk.errors import AtriumError, Conflict, InvalidInput, StorageFailed


class RecipeInvalid(InvalidInput):
    """The recipe of a program cannot be used."""


class ProgramUnsupported(AtriumError):
    """This machine cannot run the program."""

    status = 409


class InstallRunning(Conflict):
    """The program is being installed or removed already: wait until that is done."""

    recoverable = True


class NoRoomForProgram(StorageFailed):
    """There is not enough room on the disk for the program."""


class ProgramMismatch(AtriumError):
    """A package is not the one that is pinned; nothing of it was kept."""

    status = 502


class InstallFailed(AtriumError):
    """The program could not be installed."""

    status = 502
    recoverable = True
