"""Runs to send to a scripted server, and a function that sends them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import wandb_nb as wandb
from wandb_nb.sync.http.network import Network, RetryPolicy
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.run_metadata import Target
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

    from wandb_nb.store.runs.sync_progress import SyncProgress

KEY = "0123456789" * 4


def network(server: ScriptedServer, **changes: Any) -> Network:
    """Return the connection to *server*, with short waits for tests."""
    quick = RetryPolicy(max_retries=50, min_wait_seconds=0.001, max_wait_seconds=0.01, timeout_seconds=5.0)
    return Network(
        server.url,
        KEY,
        **{"graphql": quick, "stream": quick, "transfer": quick, "post_interval_seconds": 0.05, **changes},
    )


def start(folder: Path, **arguments: Any) -> wandb.Run:
    """Start a silent offline run in *folder*."""
    settings = wandb.Settings(silent=True, x_disable_stats=True, console="off", **arguments.pop("settings", {}))
    return wandb.init(project="p", mode="offline", dir=folder, settings=settings, **arguments)


def run_file(run: wandb.Run) -> Path:
    """Return the run's file."""
    (path,) = Path(run.directory).glob("run-*.wandb")
    return path


def send(file: Path, way: Network, target: Target = Target(), *, follow: bool = False) -> SyncProgress:  # noqa: B008 -- frozen
    """Send the run of *file*; return its progress."""
    return RunSender(file, way, connect(way), threading.Event(), target=target).send(follow=follow)
