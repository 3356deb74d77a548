"""Mode "shared": processes of this machine that give the same id log to one run.

The first one starts the run, or the one that is the primary process. The others attach to it, as `attach()` does.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError
from wandb_nb.tracking.start.attach import attach_folder
from wandb_nb.tracking.start.resume import active_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.run import Run

POLL_INTERVAL_SECONDS = 0.05


def resuming(settings: Resolved) -> Resolved:
    """Return *settings* under which a process that comes after the end of a shared run continues it."""
    if not _is_shared(settings) or settings.resume or settings.resume_from or settings.fork_from:
        return settings
    return settings.replace("mode='shared'", resume="allow")


def await_primary(settings: Resolved) -> None:
    """Wait until the primary process has started the run, in another process of a shared run.

    Raises:
        CommError: It does not start within `init_timeout`.

    """
    if not _is_shared(settings) or (settings.x_primary and settings.x_update_finish_state):
        return
    until = time.monotonic() + settings.init_timeout
    while active_entry(settings.run_id or "", settings.project) is None:
        if time.monotonic() >= until:
            raise CommError(
                f"no process of this machine started the shared run {settings.run_id!r} within "
                f"{settings.init_timeout:g} s: start the primary process, or raise init_timeout"
            )
        time.sleep(POLL_INTERVAL_SECONDS)


def join_active(settings: Resolved, config: Mapping[str, Any]) -> Run | None:
    """Return the shared run that another process has started, with *config* added; None where this one starts it."""
    entry = active_entry(settings.run_id or "", settings.project) if _is_shared(settings) else None
    if entry is None:
        return None
    run = attach_folder(Path(entry.path), entry.id)
    run.config.update(dict(config), allow_val_change=True)
    return run


def _is_shared(settings: Resolved) -> bool:
    return settings.mode == "shared" and settings.run_id is not None
