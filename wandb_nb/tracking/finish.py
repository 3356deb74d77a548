"""The end of a run: what is still owed goes to the file, the exit record last, and all of it onto the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store import records

if TYPE_CHECKING:
    from wandb_nb.tracking.history import History
    from wandb_nb.tracking.place import Place
    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.telemetry import Telemetry


def finish(run: Run, place: Place | None, history: History, used: Telemetry, code: int) -> None:
    """Close *history* and *place* with exit code *code*.  No failure of the disk keeps a run from ending."""
    used.used("finish", *history.features())
    if place is None:
        history.close()
        return
    place.run_files.join()
    place.run_files.copy_notebook(place.redact)
    if place.observers is not None:
        place.observers.stop()
    try:
        place.fold_segments()
        with history.lock:  # no row comes between the last summary and the exit record
            history.append(used.record(), history.final_summary(), records.exit(code, int(history.runtime())))
            history.close()
        place.sync()
    except StoreError as error:
        history.close()
        run.notice(f"the end of run {run.name} could not be stored: {error}")
    place.run_files.write_results(config_file(run, history, used, place), run.summary.as_dict())


def config_file(run: Run, history: History, used: Telemetry, place: Place) -> dict[str, object]:
    """Return the config as config.yaml holds it, the tracker's own facts under `_wandb`."""
    own = {**used.as_config(), "e": {place.writer_id: place.run_files.facts}}
    if place.run_files.code_path:
        own["code_path"] = place.run_files.code_path
    if history.metrics:
        own["m"] = history.metrics.as_config()
    return {**place.redact.value(run.config.as_dict()), "_wandb": own}
