"""Records what a shell executes and displays in the session, which stores it for the runs."""

from __future__ import annotations

from traceback import format_exception
from typing import Any

from wandb_nb.capture.cells.current_session import current_session, set_current_session
from wandb_nb.capture.cells.session import Session
from wandb_nb.capture.console import stream_hooks
from wandb_nb.notebook.method_hooks import call_after
from wandb_nb.store.reading.executed_cells import Cell
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.session.notices import FILES_LOST

ACTION = "recording an output"


class CellRecorder:
    """Records the cells of *shell*, which is running cell number *running*, until `remove()`."""

    def __init__(self, shell: Any, running: int) -> None:
        self._shell = shell
        sources = [str(source) for source in shell.history_manager.input_hist_raw]
        self.session = Session(
            _files_lost,
            [Cell(number, sources[number]) for number in range(1, min(running, len(sources)))],
        )
        if running < len(sources):
            self.session.begin(running, sources[running])
        set_current_session(self.session)
        self._restores = [
            call_after(getattr(shell, "display_pub", None), "publish", self._published, ACTION),
            call_after(getattr(shell, "display_pub", None), "clear_output", self._cleared, ACTION),
            call_after(getattr(shell, "displayhook", None), "write_format_data", self._formatted, ACTION),
        ]

    def remove(self) -> None:
        """Stop recording; the runs keep what they have."""
        for restore in self._restores:
            restore()
        if current_session() is self.session:
            set_current_session(None)

    def begin(self, number: int, info: Any) -> None:
        """Record that cell *number* has started."""
        stream_hooks.reinstall()
        self.session.begin(number, str(getattr(info, "raw_cell", "") or ""))

    def end(self, result: Any) -> None:
        """Record that the cell has ended, and its error."""
        error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
        details = (type(error).__name__, str(error), self._traceback(error)) if error is not None else None
        self.session.end(ok=bool(result is not None and result.success), error=details)

    def _traceback(self, error: BaseException) -> list[str]:
        """Return the traceback that the shell has just shown; formatting it again would take milliseconds."""
        lines = getattr(self._shell, "_last_traceback", None)
        return [str(line) for line in lines] if lines else format_exception(error)

    def _published(
        self,
        data: Any,
        metadata: Any = None,
        *_args: Any,
        transient: Any = None,
        update: bool = False,
        **_kwargs: Any,
    ) -> None:
        display_id = (transient or {}).get("display_id")
        self.session.display(data, metadata or {}, display_id, update=update)

    def _cleared(self, wait: bool = False) -> None:
        self.session.clear(wait=wait)

    def _formatted(self, data: Any, metadata: Any = None) -> None:
        self.session.result(data, metadata or {})


def _files_lost(text: str) -> None:
    """Have the active run report that a part of the session is not stored."""
    run = active_runs.current()
    if run is not None:
        session_of(run).notice(text, FILES_LOST)
