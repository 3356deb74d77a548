"""Alerts: their urgency, and what `Run.alert` does."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from wandb_nb.errors import UsageError
from wandb_nb.store.format import records

if TYPE_CHECKING:
    from wandb_nb.tracking.session.run_session import RunSession

Wait: TypeAlias = "int | float | timedelta"
_DEFAULT_WAIT_SECONDS = 60.0
_MAX_TITLE_LENGTH = 64


class AlertLevel(Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


def send_alert(session: RunSession, title: str, text: str, level: AlertLevel | str | None, wait: Wait | None) -> None:
    """Store an alert, which the sync process sends; at most 64 characters of *title* are stored. See `Run.alert`.

    Raises:
        UsageError: The level does not exist, or the duration is not possible.
        RunFinishedError: The run has finished.

    """
    level, wait_seconds = parse_level(level), parse_wait(wait)
    session.expect_running("alert()")
    if session.directory is not None:
        title, text = map(session.directory.redact, (title, text))
    session.logger.append(records.alert(title[:_MAX_TITLE_LENGTH], text, level.value, wait_seconds))


def parse_level(level: AlertLevel | str | None) -> AlertLevel:
    """Return the level that the user gave, INFO for None.

    Raises:
        UsageError: There is no such level.

    """
    if isinstance(level, AlertLevel) or level is None:
        return level or AlertLevel.INFO
    try:
        return AlertLevel(str(level).upper())
    except ValueError:
        raise UsageError(f"alert(level={level!r}) is not possible: give 'INFO', 'WARN' or 'ERROR'") from None


def parse_wait(wait: Wait | None) -> float:
    """Return the seconds that the user gave, 60 for None.

    Raises:
        UsageError: The duration is negative or too long.

    """
    if wait is None:
        return _DEFAULT_WAIT_SECONDS
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
    if not 0 <= seconds < 2**31:
        raise UsageError(f"alert(wait_duration={wait!r}) is not possible: give seconds, or a timedelta, of 0 or more")
    return seconds
