"""`Run.reproducibility`: what would keep a repetition of an active run from being the same."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.errors import RunFinishedError
from wandb_nb.reproduce.captured_run import CapturedRun, RunNames
from wandb_nb.reproduce.reproducibility import reproducibility
from wandb_nb.store.runs.stored_remarks import write_remarks

if TYPE_CHECKING:
    from wandb_nb.reproduce.remark import Reproducibility
    from wandb_nb.tracking.session.run_session import RunSession


def run_reproducibility(session: RunSession) -> Reproducibility:
    """Return the remarks on the run of *session*; waits a moment for what is still being gathered.

    Raises:
        RunFinishedError: The run is disabled.

    """
    if session.directory is None:
        raise RunFinishedError(f"run {session.identity.name} is disabled and stores nothing that could be repeated")
    if session.exit_code is None and not session.is_finishing:
        session.directory.metadata.await_facts()
    return reproducibility(_captured(session), uses_artifacts=session.uses_artifacts)


def store_remarks(session: RunSession) -> None:
    """Store the remarks on the run of *session*, which ends, for its views."""
    if session.directory is not None and not session.settings.x_disable_meta:
        remarks = run_reproducibility(session).remarks
        with suppress(OSError):  # a full disk or a deleted folder is reported by what matters more
            write_remarks(session.directory.path, list(map(str, remarks)))


def _captured(session: RunSession) -> CapturedRun:
    directory, identity = session.directory, session.identity
    assert directory is not None  # noqa: S101 -- of a run that is not disabled
    return CapturedRun(
        directory.path.absolute(),
        RunNames(identity.id, identity.project_name, identity.entity or "", identity.name),
        directory.metadata.environment,
        session.config.as_dict(),
        continues=identity.resumed,
        is_active=session.exit_code is None,
    )
