"""The models of torch that a run watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb_nb.data.watching.model_watch import ModelWatch
    from wandb_nb.tracking.session.run_session import RunSession


def watch_of(session: RunSession) -> ModelWatch | None:
    """Return what watches models for *session*, made at the first call; None for a run that stores nothing."""
    if session.directory is None:
        return None
    if session.model_watch is None:
        from wandb_nb.data.watching.model_watch import ModelWatch  # few runs watch a model

        session.features.add("watch")
        logger = session.logger
        session.model_watch = ModelWatch(
            lambda row: logger.log(row, commit=False), logger.summary.update, session.notice
        )
        session.on_finish.append(session.model_watch.remove)
    return session.model_watch
