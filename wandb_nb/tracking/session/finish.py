"""The end of a run: everything still pending goes to the run file, the exit record last, and all of it to the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import StoreError
from wandb_nb.store.format import records
from wandb_nb.tracking.files import user_files
from wandb_nb.tracking.session.merge_writers import await_writers, merge_writers
from wandb_nb.tracking.session.run_directory import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.tracking.rows.row_logger import RowLogger
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.run_session import RunSession
    from wandb_nb.tracking.start.telemetry import FeatureUse


def finish(session: RunSession, exit_code: int) -> bool:
    """End the run with *exit_code*; return False where it has ended already, or is another process's to end.

    Everything is on disk when this returns, and sent as far as `finish_timeout` allows. No failure of the disk keeps a
    run from ending.
    """
    with session.finish_lock:
        if session.exit_code is not None:
            return False
        if not session.is_owner:
            session.logger.close()
            return False
        _write_end(session, exit_code)
        session.exit_code = exit_code
    for callback in session.on_finish:
        callback()
    if session.directory is not None:
        session.directory.finalize(session.identity.id, _outcome(session, exit_code))
        if session.sync is not None:
            session.sync_outcome = session.sync.finish(session.logger.rows - session.logger.lost)
        user_files.copy_linked(session.directory)
    return True


def _outcome(session: RunSession, exit_code: int) -> RunOutcome:
    ended = session.identity.start_time + session.logger.runtime() - session.identity.runtime  # that of earlier parts
    return RunOutcome(session.state, exit_code, ended, session.logger.summary.as_dict())


def _write_end(session: RunSession, exit_code: int) -> None:
    """Stop capture, write the last records and close the row logger."""
    directory, logger, features = session.directory, session.logger, session.features
    features.add("finish", *logger.features())
    if directory is None:
        logger.close()
        return
    _stop_capture(session, directory)
    if session.settings.mode == "shared" and not await_writers(directory, session.settings.finish_timeout):
        session.notice("other processes still write to the shared run; their later rows stay on this machine")
    try:
        directory.check_run_file()
        logger.complete_step()  # before rows of other processes, which would separate them
        if directory.has_segments():
            merge_writers(session.config, directory, logger)
            directory.fold_segments()
        with logger.lock:  # no row comes between the last summary and the exit record
            logger.append(features.record(), logger.final_summary(), records.exit(exit_code, int(logger.runtime())))
            logger.close()
        directory.flush()
    except StoreError as error:
        logger.close()
        session.notice(f"the end of run {session.identity.name} could not be stored: {error}")
    config = config_file(session.config.as_dict(), logger, features, directory)
    directory.metadata.write_results(config, logger.summary.as_dict())


def _stop_capture(session: RunSession, directory: RunDirectory) -> None:
    """Stop capture and wait for the metadata files."""
    if session.capture is not None:
        session.capture.apply_code_setting(wait=True)
    directory.metadata.join()
    directory.metadata.code.update_notebook(last=True)
    if session.capture is not None:
        session.capture.stop()


def config_file(
    config: Mapping[str, Any], logger: RowLogger, features: FeatureUse, directory: RunDirectory
) -> dict[str, object]:
    """Return the content of config.yaml: *config*, and the tracker's own entries under `_wandb`."""
    environments = {directory.writer_id: directory.metadata.environment}
    own = {**features.as_config(), "e": environments, **directory.media.config}
    if directory.metadata.code.path:
        own["code_path"] = directory.metadata.code.path
    if logger.metrics:
        own["m"] = logger.metrics.as_config()
    return {**directory.redact.value(dict(config)), "_wandb": own}
