"""The end of a run: everything still pending goes to the run file, the exit record last, and all of it to the disk."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from wandb_nb.errors import Error
from wandb_nb.store.format import records
from wandb_nb.tracking.files import user_files
from wandb_nb.tracking.process.interrupt_delay import delayed_interrupt
from wandb_nb.tracking.session.merge_writers import await_writers, merge_writers
from wandb_nb.tracking.session.run_directory import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.run_session import RunSession


def finish(session: RunSession, exit_code: int) -> bool:
    """End the run with *exit_code*; return False where it has ended already, or is another process's to end.

    Everything is on disk when this returns, and sent as far as `finish_timeout` allows. No failure of the surroundings
    keeps a run from ending, nor does Ctrl-C: each is reported with one line.
    """
    with uninterrupted(session):
        if not _end(session, exit_code):
            return False
    directory = session.directory
    if directory is not None:
        if session.sync is not None:
            with _reported(session, "sending the run"):
                session.sync_outcome = session.sync.finish(session.logger.rows - session.logger.lost)
        with uninterrupted(session), _reported(session, "copying saved files"):
            user_files.copy_linked(directory)
    return True


def _end(session: RunSession, exit_code: int) -> bool:
    """Write the end of the run and store its outcome; return whether it was this call's to do."""
    with session.finish_lock:
        if session.exit_code is not None or session.is_finishing:
            return False
        if not session.is_owner:
            session.logger.close()
            return False
        session.is_finishing = True  # a signal handler may call this again
        for callback in session.before_finish:
            with _reported(session, "reading what was logged elsewhere"):
                callback()
        _write_end(session, exit_code)
        session.exit_code = exit_code
    for callback in session.on_finish:
        with _reported(session, "ending its display"):
            callback()
    if session.directory is not None:
        with _reported(session, "storing the outcome"):
            session.directory.finalize(session.identity.id, _outcome(session, exit_code))
    return True


def uninterrupted(session: RunSession) -> AbstractContextManager[None]:
    """Complete the block although Ctrl-C is pressed once."""
    name = session.identity.name
    text = f"Ctrl-C was pressed while run {name} ended: its end is stored; Ctrl-C again stops the program"
    return delayed_interrupt(partial(session.notice, text))


@contextmanager
def _reported(session: RunSession, what: str) -> Iterator[None]:
    """Report what fails in the block, in which *what* is done; the run ends without it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- a training has ended well, whatever its surroundings do now
        reason = str(error) if isinstance(error, Error) else f"{type(error).__name__}: {error}"
        session.notice(f"{what} failed at the end of run {session.identity.name} ({reason}); the run ends without it")


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
    with _reported(session, "storing the remarks on repeating it"):
        from wandb_nb.tracking.session.run_reproducibility import store_remarks  # only the end of a run needs it

        store_remarks(session)
    if session.settings.mode == "shared" and not await_writers(directory, session.settings.finish_timeout):
        session.notice("other processes still write to the shared run; their later rows stay on this machine")
    with logger.lock:  # no row comes between those of other processes, the last summary and the exit record
        with _reported(session, "merging rows of other processes"):
            directory.check_run_file()
            logger.complete_step()  # before these rows, which would separate its parts
            if directory.has_segments():
                merge_writers(session.config, directory, logger)
                directory.merge_segments()
        with _reported(session, "writing the last records"):
            logger.append(features.record(), logger.final_summary(), records.exit(exit_code, int(logger.runtime())))
        with _reported(session, "closing the rows"):
            logger.close()
    with _reported(session, "flushing the run file to the disk"):
        directory.flush()
    with _reported(session, "writing config.yaml and the summary"):
        config = config_file(session, directory)
        directory.metadata.write_results(config, logger.summary.as_dict())


def _stop_capture(session: RunSession, directory: RunDirectory) -> None:
    """Stop capture and wait for the metadata files."""
    if session.capture is not None:
        with _reported(session, "saving the code"):
            session.capture.apply_code_setting(wait=True)
    with _reported(session, "gathering facts"):
        directory.metadata.join()
    with _reported(session, "saving the notebook"):
        directory.metadata.code.update_notebook(last=True)
    if session.capture is not None:
        with _reported(session, "stopping the capture of output"):
            session.capture.stop()


def config_file(session: RunSession, directory: RunDirectory) -> dict[str, object]:
    """Return the content of config.yaml: the config, and the tracker's own entries under `_wandb`."""
    environments = {directory.writer_id: directory.metadata.environment}
    own = {**session.features.as_config(), "e": environments, **directory.media_config}
    if directory.metadata.code.path:
        own["code_path"] = directory.metadata.code.path
    if session.logger.metrics:
        own["m"] = session.logger.metrics.as_config()
    if session.pinned_keys:
        own["pinned_keys"] = session.pinned_keys
    return {**directory.redact.value(dict(session.config.as_dict())), "_wandb": own}
