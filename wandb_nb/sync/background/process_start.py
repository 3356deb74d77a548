"""The start of the background process: it takes its folder's lock before it loads what it sends with.

`init()` waits for that lock, not for the 0.1 s of modules.
"""

from __future__ import annotations

from pathlib import Path

from wandb_nb.sync.background.request_folder import acquire_lock


def start(folder: str) -> None:
    """Serve *folder* until there is nothing to do; return if another process does."""
    lock = acquire_lock(Path(folder))
    if lock is not None:
        from wandb_nb.sync.background.service import main

        main(Path(folder), lock)
