"""The start of a run: its first records, its registration, its connection to the server, then capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.tracking.session.run_capture import RunCapture

if TYPE_CHECKING:
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.run_session import RunSession
    from wandb_nb.tracking.start.resume_state import ResumeState


def begin(session: RunSession, directory: RunDirectory, previous: ResumeState | None) -> None:
    """Write the first records and register the run here and, online, on the server.

    Raises:
        AuthenticationError: There is no key, or the server does not accept it.
        InitStartError: The sync process cannot be started.
        LaunchError: The server does not permit the run.
        CommError: The server does not answer where online mode was requested explicitly.
        StoreError: A record cannot be written.

    """
    if session.mode == "online":
        from wandb_nb.tracking.online.sync_handle import SyncHandle  # other runs do without the sync package

        session.sync = SyncHandle(directory.run_file, session.settings, session.notice)
        session.sync.prepare()
    directory.begin(session.identity, session.settings, session.record(), session.features.record())
    if previous is not None:
        session.copy_previous(previous)
    if session.sync is not None and (registered := session.sync.begin(is_new=previous is None)):
        session.take_server_names(registered.entity, registered.project, registered.name)
    directory.mark_superseded(resumed=session.identity.resumed)
    if session.settings.resume == "auto":
        directory.write_resume_file(session.identity.id)


def start_capture(session: RunSession) -> None:
    """Start recording console output, system metrics and the cells of the notebook."""
    if session.directory is not None:
        session.capture = RunCapture(
            session.settings, session.directory, session.sync, session.notice, session.stop_handler
        )
        session.capture.start()
