"""The one tree of errors that may cross a boundary.

A class names a fact, its docstring is the title that people read, its code is stable:

    AtriumError
    |- InvalidInput 422        |- NotFound 404           |- Unauthenticated 401
    |- Forbidden 403           |- Conflict 409           |- PreconditionFailed 412
    |- TooManyRequests 429     |- Unavailable 503        |- StorageFailed 507
    |- CursorReset 409
    |- ServiceNotFound         |- ServiceTimeout 504     |- PluginFailed
    `- ProviderError 502
       |- recoverable: ProviderRateLimited, ProviderCrashed, ProviderUnreachable, ProviderSuspended
       |- user action: ProviderAuthFailed, ProviderQuotaExceeded, ProviderRejected, ProviderStopped,
       |                ProviderNotInstalled, ProviderKeyMissing, ImagesNotSupported, ProviderContextExceeded
       `- fatal: ProviderFaulty
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import ClassVar, Literal

ErrorCategory = Literal["recoverable", "userAction", "fatal"]
"""Whether waiting helps, or a person must do something first, or neither does."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do about an error; clients show it as a button.

    `provider_id` is the provider that a switch leads to, where there is one.
    """

    id: str
    label: str
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one input field, and what would be right."""

    field: str
    message: str


class AtriumError(Exception):
    """Something went wrong inside the hub."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 400
    recoverable: ClassVar[bool] = False
    category: ClassVar[ErrorCategory | None] = None
    actions: tuple[Action, ...] = ()

    def __init__(
        self, detail: str = "", *, fields: Sequence[FieldError] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = tuple(fields)
        self.retry_after = retry_after

    def __init_subclass__(cls) -> None:
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).upper()

    @classmethod
    def title(cls) -> str:
        """Return the first line of the class docstring, without its full stop."""
        return cleandoc(cls.__doc__ or cls.__name__).splitlines()[0].rstrip(".")

    def __str__(self) -> str:
        return f"{self.title()}: {self.detail}" if self.detail else self.title()


class InvalidInput(AtriumError):
    """The request is not valid."""

    status = 422


class NotFound(AtriumError):
    """There is no such thing."""

    status = 404


class Unauthenticated(AtriumError):
    """The caller is not signed in."""

    status = 401


class Forbidden(AtriumError):
    """The caller may not do this."""

    status = 403


class Conflict(AtriumError):
    """The stored state is not what the request required."""

    status = 409


class CursorReset(AtriumError):
    """The cursor does not belong to this stream's history."""

    status = 409
    recoverable = True
    actions = (Action("reload", "Reload"),)

    def __init__(self, detail: str = "", *, head: int = 0) -> None:
        super().__init__(detail)
        self.head = head


class PreconditionFailed(AtriumError):
    """The resource has changed since it was read."""

    status = 412
    actions = (Action("reload", "Reload"),)


class TooManyRequests(AtriumError):
    """There are too many requests."""

    status = 429
    recoverable = True


class Unavailable(AtriumError):
    """This part of the hub is not running."""

    status = 503
    recoverable = True


class StorageFailed(AtriumError):
    """The database could not store the change; nothing of it was kept."""

    status = 507
    recoverable = True


class ServiceNotFound(AtriumError):
    """No plugin provides this service."""

    status = 503


class ServiceTimeout(AtriumError):
    """The service did not answer before its deadline."""

    status = 504
    recoverable = True


class PluginFailed(AtriumError):
    """The plugin could not be loaded or started."""

    status = 503


RETRY = Action("retry", "Try again")
SWITCH_PROVIDER = Action("switch_provider", "Use another provider")
SET_KEY = Action("set_key", "Set the key")


class ProviderError(AtriumError):
    """The provider failed."""

    status = 502
    category: ClassVar[ErrorCategory | None] = "recoverable"
    hands_over: ClassVar[bool] = True
    """Whether the next provider of the fallback chain may go on by itself."""
    recoverable = True
    actions: tuple[Action, ...] = (RETRY, SWITCH_PROVIDER)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.recoverable = cls.category == "recoverable"


class ProviderRateLimited(ProviderError):
    """The provider's limit is reached."""

    code = "PROVIDER_RATE_LIMIT"
    status = 429
    actions = (Action("retry", "Try again later"), SWITCH_PROVIDER)


class ProviderQuotaExceeded(ProviderError):
    """The provider's quota is used up."""

    code = "PROVIDER_QUOTA"
    status = 429
    category = "userAction"
    actions = (SWITCH_PROVIDER, Action("configure_provider", "Open the settings"), RETRY)


class ProviderAuthFailed(ProviderError):
    """The provider refused the credentials."""

    code = "PROVIDER_AUTH"
    category = "userAction"
    actions: tuple[Action, ...] = (Action("configure_provider", "Check the key"), SWITCH_PROVIDER, RETRY)


class ProviderCrashed(ProviderError):
    """The provider stopped unexpectedly."""

    code = "PROVIDER_CRASHED"


class ProviderUnreachable(ProviderError):
    """The provider cannot be reached."""

    code = "PROVIDER_NETWORK"


class ProviderSuspended(ProviderError):
    """The provider failed several times in a row and is left alone for a while."""

    code = "PROVIDER_SUSPENDED"
    status = 503
    actions = (SWITCH_PROVIDER, Action("retry", "Try again later"))


class ProviderRejected(ProviderError):
    """The provider does not take this request."""

    code = "PROVIDER_REJECTED"
    category = "userAction"
    actions: tuple[Action, ...] = (
        Action("configure_provider", "Check its settings"),
        Action("switch_provider", "Use another provider"),
    )


class ProviderContextExceeded(ProviderRejected):
    """The conversation is too long for the provider."""

    code = "PROVIDER_CONTEXT"
    actions = (
        SWITCH_PROVIDER,
        Action("new_session", "Begin a new session"),
        Action("configure_provider", "Check its settings"),
    )


class ImagesNotSupported(ProviderError):
    """The provider takes no images."""

    code = "IMAGES_NOT_SUPPORTED"
    status = 409
    category = "userAction"
    actions: tuple[Action, ...] = (SWITCH_PROVIDER, Action("send_without_images", "Send without the images"))


class ProviderStopped(ProviderError):
    """The provider ended the turn before it was done.

    Not a fault: the turn counts as cancelled, and nobody else is asked in its place.
    """

    code = "PROVIDER_STOPPED"
    category = "userAction"
    hands_over = False


class ProviderNotInstalled(ProviderError):
    """The provider is not installed."""

    code = "PROVIDER_NOT_INSTALLED"
    status = 503
    category = "userAction"
    actions: tuple[Action, ...] = (Action("install_provider", "Install it"), SWITCH_PROVIDER, RETRY)


class ProviderKeyMissing(ProviderNotInstalled):
    """The provider has no key yet."""

    code = "PROVIDER_KEY_MISSING"
    actions: tuple[Action, ...] = (SET_KEY, SWITCH_PROVIDER, RETRY)


class ProviderFaulty(ProviderError):
    """The provider failed in a way it does not explain."""

    code = "PROVIDER_FAULT"
    category = "fatal"
