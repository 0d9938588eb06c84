"""What only the gateway finds wrong, before a plugin sees it. What plugins find wrong is in `atrium.sdk.errors`.

AtriumError
|- MalformedRequest 400    |- MalformedJson 400      |- MalformedFrame 400
|- UnknownFrame 404        |- MethodNotAllowed 405   |- RequestTimeout 408
|- BodyTooLarge 413        |- TooManyValues 413      |- UnsupportedMediaType 415
|- Misdirected 421         |- HeadersTooLarge 431    |- InternalError 500
|- Forbidden: ForeignOrigin, CrossSiteRequest 403
`- Unavailable: NotReady, PluginStopped 503
"""

from __future__ import annotations

from atrium.sdk import AtriumError, Forbidden, Unavailable


class MalformedRequest(AtriumError):
    """The request cannot be understood."""


class MalformedJson(AtriumError):
    """The body is not valid JSON."""


class MalformedFrame(AtriumError):
    """The frame cannot be understood."""


class UnknownFrame(AtriumError):
    """There is no frame of this type."""

    status = 404


class MethodNotAllowed(AtriumError):
    """This method is not offered at this path."""

    status = 405


class RequestTimeout(AtriumError):
    """The request did not arrive in time."""

    status = 408
    recoverable = True


class BodyTooLarge(AtriumError):
    """The body is too large."""

    status = 413


class TooManyValues(AtriumError):
    """The body has too many values."""

    status = 413


class UnsupportedMediaType(AtriumError):
    """The body must be JSON."""

    status = 415


class Misdirected(AtriumError):
    """This address is not served here."""

    status = 421


class HeadersTooLarge(AtriumError):
    """The request's headers are too large."""

    status = 431


class InternalError(AtriumError):
    """Something went wrong inside the hub."""

    status = 500


class ForeignOrigin(Forbidden):
    """Pages of other origins may not use this hub."""


class CrossSiteRequest(Forbidden):
    """A cookie alone does not allow this: the request must come from the hub's own page."""


class NotReady(Unavailable):
    """The hub is not ready."""


class PluginStopped(Unavailable):
    """The plugin that answers this is not running."""
