"""What may go wrong with a session."""

from __future__ import annotations

from atrium.sdk import Action, AtriumError, Conflict, ProviderError


class SessionIsStopped(Conflict):
    """The session is stopped and takes no more messages."""

    code = "SESSION_STOPPED"
    actions = (Action("fork", "Continue in a copy"),)


class NothingToCancel(Conflict):
    """There is no turn to cancel."""


class NothingToRetry(Conflict):
    """There is no turn to retry."""


class AnswerTooLong(ProviderError):
    """The provider's answer is longer than a session can hold."""


class NoImageType(AtriumError):
    """Only images can be attached."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class AttachmentTooLarge(AtriumError):
    """The image is too large."""

    code = "BODY_TOO_LARGE"
    status = 413
