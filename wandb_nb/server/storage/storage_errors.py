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


class TooManyRequestsError(Error):
    """A client asks for too much; after *wait_seconds* it can continue."""

    def __init__(self, reason: str, wait_seconds: int) -> None:
        super().__init__(f"{reason}; try again in {wait_seconds} s")
        self.wait_seconds = wait_seconds


class BadLineError(ValueError):
    """A history line is not a JSON object."""
