"""All errors that this package raises, in one tree.

    Error
    ├── UsageError                   the call cannot be carried out as written
    │   ├── RowError                 a call of log() is wrong: a bad step       (ValueError)
    │   │   ├── RowTypeError         … not a dict, or a key that is not a str   (TypeError)
    │   │   └── MediaError           an image, table or other media value cannot be stored
    │   ├── SettingsError            an unknown or ill-typed setting or option  (ValueError)
    │   ├── ArtifactError            an artifact cannot be made, changed or logged so   (ValueError)
    │   │   └── ArtifactNotFoundError    no version has that name   (CommError, LookupError)
    │   ├── ArtifactStateError       a logged artifact cannot be changed    (AttributeError)
    │   ├── UnsupportedError         require() names what no version of wandb has
    │   ├── NoRunError               there is no active run to act on
    │   ├── RunFinishedError         the run has ended and accepts no more data
    │   └── RunNotFoundError         no run has that id, name or path           (LookupError)
    ├── ConfigError                  a config key is not allowed, or may not change
    │   └── ConfigTypeError          … init(config=) got what holds no config   (TypeError)
    ├── StoreError                   the run file could not be written or read  (OSError)
    ├── LaunchError                  the server refused the run
    │   └── NotLoggedInError         … because it does not accept the key       (AuthenticationError)
    ├── InitStartError               the background process did not start or answer
    └── CommError                    the server could not be reached or answered with an error
        ├── RefusedError             the server refuses a request permanently
        └── AuthenticationError      the server does not accept the key

A message says what happened, to which run or file, and what to do next.
The names `Error`, `UsageError`, `ConfigError`, `CommError`, `AuthenticationError`, `LaunchError`
and `InitStartError` are those of the documented API.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from wandb_nb.tracebacks import hide_own_frames

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class Error(Exception):
    """Base of all errors that this package raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Return the traceback that IPython shows: it ends at the user's line."""
        from IPython.core.getipython import get_ipython  # only IPython calls this

        hide_own_frames(self)
        shell: Any = get_ipython()
        return list(shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__))


class UsageError(Error):
    """The call cannot be carried out as it was written."""


class RowError(UsageError, ValueError):
    """A call of `log()` is wrong, such as one with a negative step; no part of the row was stored.

    Values never raise: `log()` drops and reports those that cannot be stored.
    """


class RowTypeError(RowError, TypeError):
    """A row given to `log()` is not a mapping, has a key that is not a string, or a step that is not a number."""


class MediaError(RowError):
    """An image, table, sound or other media value cannot be made or stored as asked.

    `log()` never raises it: it drops and reports the value. Constructors raise it for impossible arguments.
    """


class SettingsError(UsageError, ValueError):
    """A setting or option is unknown or has a value of the wrong kind."""


class ArtifactError(UsageError, ValueError):
    """An artifact cannot be made, changed or logged as asked."""


class ArtifactStateError(UsageError, AttributeError):
    """An artifact that was logged cannot be changed, or one that was not logged has no such property."""


class UnsupportedError(UsageError):
    """`require()` was called for something that no version of wandb has."""


class NoRunError(UsageError):
    """A call needs an active run and there is none."""


class RunFinishedError(UsageError):
    """The run has ended and accepts no more data."""


class RunNotFoundError(UsageError, LookupError):
    """No run has that id, name or path."""


class ConfigError(Error):
    """A config key is not allowed, or was changed without permission."""


class ConfigTypeError(ConfigError, TypeError):
    """An object given as a whole config holds none, such as a number. Single values never raise it."""


class StoreError(Error, OSError):
    """The run file could not be written or read."""


class LaunchError(Error):
    """The server refused to start the run."""


class InitStartError(Error):
    """The background process could not be started or did not answer in time."""


class CommError(Error):
    """The server could not be reached, or answered with an error."""

    interrupted = False
    """Whether Ctrl-C ended the wait for the server. A notebook then shows one line, since the user knows the place."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"] if self.interrupted else super()._render_traceback_()


class ArtifactNotFoundError(ArtifactError, CommError, LookupError):
    """No version has that name; a CommError too, which programs catch around `use_artifact()`."""


class RefusedError(CommError):
    """The server refuses a request permanently; *status* is its HTTP status, 200 for a GraphQL error."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AuthenticationError(CommError):
    """The server does not accept the key."""


class NotLoggedInError(LaunchError, AuthenticationError):
    """The server refused to start the run because it does not accept the key."""


def __getattr__(name: str) -> ModuleType:
    """Return `term`, which W&B has below `errors`; it belongs to a higher layer and is loaded by name."""
    if name == "term":
        return import_module("wandb_nb.compat.modules.term")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
