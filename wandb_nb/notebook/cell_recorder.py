"""What a shell executes and displays, told to the session, which writes it down for the runs.

The shell's own methods are called first and unchanged; what is put in their place is taken out again only where nobody
else has built on it.
"""

from __future__ import annotations

import contextlib
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.cells import session as sessions
from wandb_nb.capture.cells.session import Session
from wandb_nb.capture.console import stream_hooks
from wandb_nb.notebook.guard import guard
from wandb_nb.store.reading.executed_cells import Cell
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.session.notices import FILES_LOST

if TYPE_CHECKING:
    from collections.abc import Callable


class CellRecorder:
    """Listens to *shell*, whose running cell is number *running*, until `remove()`."""

    def __init__(self, shell: Any, running: int) -> None:
        self._shell = shell
        sources = [str(source) for source in shell.history_manager.input_hist_raw]
        self.session = Session(
            _files_lost,
            [Cell(at, sources[at]) for at in range(1, min(running, len(sources)))],
        )
        if running < len(sources):
            self.session.begin(running, sources[running])
        sessions.set_current(self.session)
        self._restores = [
            _after(getattr(shell, "display_pub", None), "publish", self._published),
            _after(getattr(shell, "display_pub", None), "clear_output", self._cleared),
            _after(getattr(shell, "displayhook", None), "write_format_data", self._formatted),
        ]

    def remove(self) -> None:
        """Listen no more; the runs keep what they have."""
        for restore in self._restores:
            restore()
        if sessions.current() is self.session:
            sessions.set_current(None)

    def begin(self, number: int, info: Any) -> None:
        """Note that cell *number* begins."""
        stream_hooks.stay()
        self.session.begin(number, str(getattr(info, "raw_cell", "") or ""))

    def end(self, result: Any) -> None:
        """Note that it has ended."""
        error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
        told = (type(error).__name__, str(error), self._traceback(error)) if error is not None else None
        self.session.end(ok=bool(result is not None and result.success), error=told)

    def _traceback(self, error: BaseException) -> list[str]:
        """Return the traceback as the shell has just shown it; making it anew takes the shell milliseconds."""
        shown = getattr(self._shell, "_last_traceback", None)
        return [str(line) for line in shown] if shown else format_exception(error)

    def _published(
        self,
        data: Any,
        metadata: Any = None,
        *_positional: Any,
        transient: Any = None,
        update: bool = False,
        **_others: Any,
    ) -> None:
        display_id = (transient or {}).get("display_id")
        self.session.display(data, metadata or {}, display_id, update=update)

    def _cleared(self, wait: bool = False) -> None:
        self.session.clear(wait=wait)

    def _formatted(self, data: Any, metadata: Any = None) -> None:
        self.session.result(data, metadata or {})


def _files_lost(text: str) -> None:
    """Have the run tell that something of the session is not kept."""
    run = active_runs.current()
    if run is not None:
        run.notice(text, FILES_LOST)


def _after(owner: Any, name: str, listen: Callable[..., None]) -> Callable[[], None]:
    """Have *listen* called after the method *name* of *owner*, with the same arguments; return what ends that."""
    method = getattr(owner, name, None)
    if method is None:
        return lambda: None

    def both(*arguments: Any, **options: Any) -> Any:
        returned = method(*arguments, **options)
        with guard("recording an output"):
            listen(*arguments, **options)
        return returned

    def restore() -> None:
        if vars(owner).get(name) is both:
            with contextlib.suppress(AttributeError):
                delattr(owner, name)

    setattr(owner, name, both)
    return restore
