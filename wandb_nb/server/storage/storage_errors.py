"""Errors that a request of a client or a page can cause; `server.app` gives each its HTTP status."""

from __future__ import annotations

from wandb_nb.errors import CommError, Error, UsageError


class NotFoundError(UsageError):
    """The address names nothing that this user may see."""


class PermissionDeniedError(CommError):
    """The user does not have the right to do this."""


class TooLargeError(Error):
    """A body is larger than the server accepts."""


class TooSlowError(Error):
    """A body does not arrive in time."""


class BusyError(Error):
    """The server has too much to do; the request can be repeated."""


class BadLineError(ValueError):
    """A history line is not a JSON object."""
