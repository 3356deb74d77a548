"""The end of a run: what is still owed goes to the file, the exit record last, and all of it onto the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import StoreError
from wandb_nb.store.format import records
from wandb_nb.tracking.session import merge_writers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.session.row_logger import RowLogger
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.start.telemetry import FeatureUse


def finish(run: Run, place: RunDirectory | None, history: RowLogger, used: FeatureUse, code: int) -> None:
    """Close *history* and *place* with exit code *code*.  No failure of the disk keeps a run from ending."""
    used.used("finish", *history.features())
    if place is None:
        history.close()
        return
    if place.observers is not None:
        place.observers.settle_code(wait=True)
    place.run_files.join()
    place.run_files.code.renew()
    if place.observers is not None:
        place.observers.stop()
    try:
        place.check()
        if place.has_segments():
            merge_writers.take_over(run, place, history)
            place.fold_segments()
        with history.lock:  # no row comes between the last summary and the exit record
            history.append(used.record(), history.final_summary(), records.exit(code, int(history.runtime())))
            history.close()
        place.sync()
    except StoreError as error:
        history.close()
        run.notice(f"the end of run {run.name} could not be stored: {error}")
    place.run_files.write_results(config_file(run.config.as_dict(), history, used, place), run.summary.as_dict())


def config_file(
    config: Mapping[str, Any], history: RowLogger, used: FeatureUse, place: RunDirectory
) -> dict[str, object]:
    """Return *config* as config.yaml holds it, the tracker's own facts under `_wandb`."""
    own = {**used.as_config(), "e": {place.writer_id: place.run_files.facts}}
    if place.run_files.code.path:
        own["code_path"] = place.run_files.code.path
    if history.metrics:
        own["m"] = history.metrics.as_config()
    return {**place.redact.value(dict(config)), "_wandb": own}
