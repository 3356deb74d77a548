"""What is captured while a run is active: console output, system metrics, the cells of the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.capture.cells.current_session import current_session
from wandb_nb.capture.console.console import Console
from wandb_nb.capture.console.output_log import OutputLog, OutputParts
from wandb_nb.capture.machine.system_metrics import SystemSampler
from wandb_nb.store.format import records
from wandb_nb.tracking.session.notices import FILES_LOST

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.capture.cells.session_writer import SessionWriter
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.online.sync_handle import SyncHandle
    from wandb_nb.tracking.session.notices import Notice
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.stop_handler import StopHandler


class RunCapture:
    """Writes what a run prints, what the machine does and what the notebook executes to *directory*.

    It costs the program next to nothing, and a failure never costs the run. *sync* knows whether the account wants
    code saved; the sampling thread checks *stop_handler*.
    """

    def __init__(
        self,
        settings: Resolved,
        directory: RunDirectory,
        sync: SyncHandle | None,
        notice: Notice,
        stop_handler: StopHandler,
    ) -> None:
        self._settings, self._directory, self._sync = settings, directory, sync
        self._notice, self._stop_handler = notice, stop_handler
        log = _console_log(settings, directory.files)
        self._console = Console(directory.writer.append, log, redact=directory.redact, report_failure=self._files_lost)
        self._sampler = SystemSampler(
            self._store_sample,
            interval_seconds=settings.x_stats_sampling_interval,
            disk_paths=settings.x_stats_disk_paths,
            report_failure=notice,
        )
        self._session_writer: SessionWriter | None = None
        self._code_decided = settings.disable_code or settings.save_code is not None or sync is None

    def start(self) -> None:
        """Start capturing."""
        self._console.start(self._settings.console)
        if not self._settings.x_disable_stats:
            self._sampler.start()
        try:
            self._start_cells()
        except (OSError, RuntimeError) as error:  # a full disk, or no more threads
            self._notice(f"cells cannot be saved with the run ({error}); it continues without them", FILES_LOST)
        self.apply_code_setting()

    def apply_code_setting(self, *, wait: bool = False) -> None:
        """Save code or not as the account wants, once that is known and where the user left it open.

        With *wait* the server gets some time to answer.
        """
        if self._code_decided or self._sync is None:
            return
        wanted = self._sync.saves_code(wait=wait)
        if wanted is None:
            return
        self._code_decided = True
        if wanted:
            self._directory.metadata.save_code(self._settings)
        if self._session_writer is not None:
            self._save_history(self._session_writer, wanted=wanted)

    def stop(self) -> None:
        """Stop capturing; everything captured is in the run file when this returns."""
        self._sampler.stop()
        self._console.stop()
        current = current_session()
        if current is not None and self._session_writer is not None:
            current.close(self._session_writer)

    def write_logs(self, text: str) -> None:
        """Store *text* as output of the run, whether printed output is captured or not."""
        self._console.start_thread()
        self._console.write("stdout", text if text.endswith("\n") else f"{text}\n")

    def exception(self, error: BaseException) -> None:
        """Store the traceback of an error that ends the run and that nobody prints before its end."""
        from traceback import format_exception  # only for the error

        if self._settings.console != "off":
            self._console.write("stderr", "".join(format_exception(error)))

    def _files_lost(self, text: str) -> None:
        self._notice(text, FILES_LOST)

    def _store_sample(self, *stats: bytes) -> None:
        self._directory.writer.append(*stats)
        self._stop_handler.interrupt_idle_script()

    def _start_cells(self) -> None:
        """Write the notebook's cells to the run: sources unless that is switched off, outputs too if code is saved.

        While it is not known whether code is saved, outputs are written but stay on this machine.
        """
        settings, current = self._settings, current_session()
        if current is None or settings.disable_code or settings.save_code is False:
            return
        from wandb_nb.capture.cells.journal import Journal  # only notebooks have cells
        from wandb_nb.store.reading.executed_cells import FILE

        save_code = bool(settings.save_code)
        with_outputs = save_code or not self._code_decided
        journal = Journal(self._directory.path / FILE, self._directory.redact, with_outputs=with_outputs)
        self._session_writer = current.open(journal)
        if save_code:
            self._save_history(self._session_writer, wanted=True)

    def _save_history(self, writer: SessionWriter, *, wanted: bool) -> None:
        """Save the session as a notebook among the run's files, if *wanted*; else keep only the sources of cells."""
        writer.journal.with_outputs = wanted
        if wanted:
            from wandb_nb.capture.cells.session_notebook import HISTORY  # as above

            writer.start_notebook(self._directory.files / HISTORY)
            self._directory.writer.append(records.files([(HISTORY, "live", "wandb")]))


def _console_log(settings: Resolved, files: Path) -> OutputLog | OutputParts:
    """Return the writer of the console output as text: one file, or parts."""
    if settings.console_multipart:
        return OutputParts(files, settings.console_chunk_max_bytes, settings.console_chunk_max_seconds)
    return OutputLog(files / "output.log")
