"""What watches a run while it goes on: the console and the system metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.capture.console import Console
from wandb_nb.capture.system import Sampler

if TYPE_CHECKING:
    from wandb_nb.tracking.place import Place
    from wandb_nb.tracking.run import Run


class Observers:
    """The observers of *run*, which lies in *place*.  They cost the program next to nothing, and never the run."""

    def __init__(self, run: Run, place: Place) -> None:
        settings = run.settings
        append = place.writer.append
        self._mode = settings.console
        self._console = Console(append, place.files / "output.log", redact=place.redact, failed=run.notice)
        self._sampler = Sampler(
            append,
            interval=settings.x_stats_sampling_interval,
            disk_paths=settings.x_stats_disk_paths,
            failed=run.notice,
        )
        self._samples = not settings.x_disable_stats

    def start(self) -> None:
        """Begin to observe."""
        self._console.start(self._mode)
        if self._samples:
            self._sampler.start()

    def stop(self) -> None:
        """Stop observing; all that was observed is in the run file when this returns."""
        self._sampler.stop()
        self._console.stop()

    def exception(self, error: BaseException) -> None:
        """Store the traceback of what ends the run, where nobody will print it before the run has ended."""
        from traceback import format_exception  # only for the error

        if self._mode != "off":
            self._console.write("stderr", "".join(format_exception(error)))
