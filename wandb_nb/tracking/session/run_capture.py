"""What watches a run while it goes on: the console, the system metrics, the notebook's session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.capture.cells import session
from wandb_nb.capture.cells.journal import Journal
from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.capture.console.console import Console
from wandb_nb.capture.console.output_log import OutputLog, OutputParts
from wandb_nb.capture.machine.system_metrics import SystemSampler
from wandb_nb.store.format import records
from wandb_nb.store.reading.executed_cells import FILE as CELLS
from wandb_nb.tracking.session.notices import FILES_LOST

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.capture.cells.session_writer import SessionWriter
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.session.run_directory import RunDirectory


class RunCapture:
    """The observers of *run*, which lies in *place*.  They cost the program next to nothing, and never the run."""

    def __init__(self, run: Run, place: RunDirectory) -> None:
        settings = run.settings
        append = place.writer.append
        self._mode = settings.console
        self._console = Console(append, _log(settings, place.files), redact=place.redact, failed=self._files_lost)
        self._sampler = SystemSampler(
            self._sampled,
            interval=settings.x_stats_sampling_interval,
            disk_paths=settings.x_stats_disk_paths,
            failed=run.notice,
        )
        self._samples = not settings.x_disable_stats
        self._run, self._place = run, place
        self._kept: SessionWriter | None = None
        self._code_settled = settings.disable_code or settings.save_code is not None or place.online is None

    def _files_lost(self, text: str) -> None:
        self._run.notice(text, FILES_LOST)

    def _sampled(self, *stats: bytes) -> None:
        self._place.writer.append(*stats)
        self._run.attend_stop()

    def start(self) -> None:
        """Begin to observe."""
        self._console.start(self._mode)
        if self._samples:
            self._sampler.start()
        try:
            self._keep_cells()
        except OSError as error:
            self._run.notice(f"the cells cannot be kept with the run ({error}); it goes on without them", FILES_LOST)
        self.settle_code()

    def settle_code(self, *, wait: bool = False) -> None:
        """Where saving code is left to the account, do what it wants once it has said so; *wait* some time for that."""
        if self._code_settled or self._place.online is None:
            return
        wanted = self._place.online.saves_code(wait=wait)
        if wanted is None:
            return
        self._code_settled = True
        if wanted:
            self._place.run_files.keep_code(self._run.settings)
        if self._kept is not None:
            self._show_history(wanted=wanted)

    def stop(self) -> None:
        """Stop observing; all that was observed is in the run file when this returns."""
        self._sampler.stop()
        self._console.stop()
        going_on = session.current()
        if going_on is not None and self._kept is not None:
            going_on.close(self._kept)

    def exception(self, error: BaseException) -> None:
        """Store the traceback of what ends the run, where nobody will print it before the run has ended."""
        from traceback import format_exception  # only for the error

        if self._mode != "off":
            self._console.write("stderr", "".join(format_exception(error)))

    def _keep_cells(self) -> None:
        """Write the notebook's cells down: their sources unless that is switched off, all of them if code is saved.

        Outputs are kept, on this machine, while it is not known whether code is saved.
        """
        settings, going_on = self._run.settings, session.current()
        if going_on is None or settings.disable_code or settings.save_code is False:
            return
        saved = bool(settings.save_code)
        with_outputs = saved or not self._code_settled
        cells = Journal(self._place.path / CELLS, self._place.redact, with_outputs=with_outputs)
        self._kept = going_on.open(cells)
        if saved:
            self._show_history(wanted=True)

    def _show_history(self, *, wanted: bool) -> None:
        """Have the session's history in the run's files, if *wanted*; else keep the cells' sources only."""
        assert self._kept is not None  # noqa: S101 -- asked by the callers
        self._kept.journal.with_outputs = wanted
        if wanted:
            self._kept.show(self._place.files / HISTORY)
            self._place.writer.append(records.files([(HISTORY, "end", "wandb")]))


def _log(settings: Resolved, files: Path) -> OutputLog | OutputParts:
    """Return what keeps the console as text: one file, or parts."""
    if settings.console_multipart:
        return OutputParts(files, settings.console_chunk_max_bytes, settings.console_chunk_max_seconds)
    return OutputLog(files / "output.log")
