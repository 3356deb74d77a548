"""The header of an active run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.view.message.header_fields import run_header

if TYPE_CHECKING:
    from wandb_nb.tracking.run_view import RunView
    from wandb_nb.view.message.run_message import RunHeader


def live_header(run: RunView) -> RunHeader:
    """Return the header of *run*, as a reader of its file would."""
    header = run_header(
        run,
        state=run.state,
        exit_code=run.exit_code,
        rows=run.rows,
        step=run.last_step,
        lost=run.lost,
        url=run.url,
    )
    if run.mode == "online" and run.file is not None:
        from wandb_nb.store.runs.sync_progress import load_progress  # offline runs do without
        from wandb_nb.view.message.sync_state import sync_header

        progress, server = load_progress(run.file), run.settings.base_url
        header["sync"] = sync_header(progress, run.rows, active=run.exit_code is None, server=server)
    return header
