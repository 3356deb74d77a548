"""What is written for TensorBoard, as rows of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.tracking.files import user_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wandb_nb.tracking.session.run_session import RunSession


def follow_tensorboard(session: RunSession) -> None:
    """Record what this process writes for TensorBoard, until the run finishes."""
    from wandb_nb.tensorboard.follower import Follower  # few runs need it
    from wandb_nb.tensorboard.writer_hooks import patch

    if session.directory is None:
        return
    patch()
    follower = Follower(_SessionWriter(session), session.identity.start_time)
    session.before_finish.append(follower.finish)
    follower.start()


class _SessionWriter:
    """The run of *session*, as the follower writes to it."""

    def __init__(self, session: RunSession) -> None:
        self._session = session

    def log(self, row: Mapping[str, Any]) -> None:
        """Store *row* as a step of its own."""
        self._session.logger.log_apart(row)

    def update_config(self, values: Mapping[str, Any]) -> None:
        """Add what the config does not have."""
        self._session.config.setdefaults(values)

    def save(self, path: Path, base: Path) -> None:
        """Link the file among the run's files."""
        user_files.save(self._session, path, base, "live", is_pattern=False)

    def report(self, text: str) -> None:
        """Report *text* once."""
        self._session.notice(text, key=text)
