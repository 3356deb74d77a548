"""What a run takes besides rows: alerts, files, code, and the warning that its machine goes away."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from wandb_nb.capture.code.source_files import INCLUDED
from wandb_nb.errors import UsageError
from wandb_nb.store.format import records
from wandb_nb.tracking.run_view import RunView
from wandb_nb.tracking.session import user_files
from wandb_nb.tracking.session.run_code import log_code

if TYPE_CHECKING:
    import os
    from io import TextIOWrapper

    from wandb_nb.capture.code.source_files import Choice

Wait: TypeAlias = "int | float | timedelta"
_DEFAULT_WAIT_S = 60.0
_LONGEST_TITLE = 64


class AlertLevel(Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Deliveries(RunView):
    """The part of `Run` that passes things on."""

    def alert(
        self, title: str, text: str, level: AlertLevel | str | None = None, wait_duration: Wait | None = None
    ) -> None:
        """Have the server send the user a message, such as an email; it is on disk when the call returns.

        *level* is INFO (the default), WARN or ERROR.  The server passes on one alert of a *title* (at most 64
        characters are kept) in *wait_duration* seconds, 60 by default.  An offline run's alerts are sent with it.
        Raises UsageError for another level or a negative duration.
        """
        kind, wait = _level(level), _seconds(wait_duration)
        self._expect_running("alert()")
        words = (str(title), str(text))
        title, text = map(self._place.redact, words) if self._place else words
        self._history.append(records.alert(title[:_LONGEST_TITLE], text, kind.value, wait))

    def save(
        self,
        glob_str: str | os.PathLike[str] | None = None,
        base_path: str | os.PathLike[str] | None = None,
        policy: str = "live",
    ) -> list[str]:
        """Take the files that *glob_str* matches into the run, folders with all that is in them; return their paths.

        They keep their place below *base_path*: by default the working directory, for an absolute pattern the
        folder above the one that holds the files.  With *policy* "now" the file is copied and sent as it is at this
        moment; "live" is linked and sent again whenever it changes, "end" is linked and sent when the run ends;
        `finish()` makes links copies, so that the run keeps the last state.  Without a pattern nothing happens:
        name, notes and tags are stored when they are assigned.  Raises UsageError for a file outside *base_path*.
        """
        if glob_str is None:
            return []
        self._expect_running("save()")
        self._telemetry.used("save")
        return [] if self._place is None else user_files.save(self._place, self.notice, glob_str, base_path, policy)

    def restore(
        self,
        name: str,
        run_path: str | None = None,
        replace: bool = False,
        root: str | os.PathLike[str] | None = None,
    ) -> TextIOWrapper | None:
        """Return the file *name* of this run, or of the run *run_path* ("entity/project/id"), open for reading.

        It is put below *root*, by default the run's folder of files.  A file that lies there stays unless *replace*.
        Looked for on this machine first, then on the server.  None where no run has such a file; raises UsageError
        for a name that points out of *root*, CommError where the server has to be asked and does not answer.
        """
        return None if self._place is None else user_files.restore(self, self._place, name, run_path, replace, root)

    def log_code(
        self, root: str | os.PathLike[str] | None = None, include: Choice = INCLUDED, exclude: Choice = ()
    ) -> list[str]:
        """Copy the source files below *root* into the run and return their paths below `dir`, sorted.

        *root* is by default the setting `code_dir`, else the working directory.  *include* ("*.py", "*.ipynb") and
        *exclude* are patterns for a file's path relative to *root* or for its name, or functions of that path.
        Hidden folders, environments, links and files above 10 MB are left out, and secrets are.  Copies nothing
        where the setting `disable_code` is on.  Raises UsageError when *root* is no folder.
        """
        self._expect_running("log_code()")
        return log_code(self, self._place, root, include, exclude)

    def mark_preempting(self) -> None:
        """Record that this machine is about to be taken away, so that a server may queue the run again."""
        self._expect_running("mark_preempting()")
        self._history.append(records.preempting())

    def notice(self, text: str, key: str | None = None) -> None:
        """Tell the user one thing, each *key* once."""
        raise NotImplementedError

    def _expect_running(self, what: str) -> None:
        raise NotImplementedError


def _level(level: AlertLevel | str | None) -> AlertLevel:
    if isinstance(level, AlertLevel) or level is None:
        return level or AlertLevel.INFO
    try:
        return AlertLevel(str(level).upper())
    except ValueError:
        raise UsageError(f"alert(level={level!r}) is not possible: give 'INFO', 'WARN' or 'ERROR'") from None


def _seconds(wait: Wait | None) -> float:
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else _DEFAULT_WAIT_S if wait is None else float(wait)
    if not 0 <= seconds < 2**31:
        raise UsageError(f"alert(wait_duration={wait!r}) is not possible: give seconds, or a timedelta, of 0 or more")
    return seconds
