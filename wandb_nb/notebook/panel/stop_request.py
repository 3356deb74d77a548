"""The Stop button of a view that talks to the kernel."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from wandb_nb.store.format.layout import RunDir

if TYPE_CHECKING:
    from wandb_nb.notebook.panel.live_run import LiveRun

STOP_GRACE_SECONDS = 2.0


def request_stop(live_run: LiveRun, *, force: bool) -> None:
    """Ask the training loop to end; interrupt the cell if *force* is set or the loop does not react within 2 s."""
    stop_file = RunDir.open(live_run.file).stop_file
    stop_file.parent.mkdir(parents=True, exist_ok=True)
    stop_file.touch()
    if force:
        interrupt_cell()
        return

    def interrupt_if_ignored() -> None:
        if stop_file.exists():
            interrupt_cell()

    timer = threading.Timer(STOP_GRACE_SECONDS, interrupt_if_ignored)
    timer.daemon = True
    timer.start()


def interrupt_cell() -> None:
    """Interrupt the main thread as the interrupt button does; an idle kernel ignores it."""
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGINT)  # unlike interrupt_main() it also ends a sleep
    else:
        import _thread

        _thread.interrupt_main()
