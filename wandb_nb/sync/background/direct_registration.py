"""The registration of a run by the user's process itself, which `init()` waits for.

The background process takes as long to start as this takes altogether. It then continues from the progress file, as
after a crash.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from wandb_nb.sync.http.direct_connection import direct_transport
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.upload.registration import RunRegistration
from wandb_nb.sync.upload.run_metadata import ONLINE_RUN

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved


def register_directly(run_file: Path, settings: Resolved, timeout_seconds: float) -> None:
    """Try once to register the new run of *run_file*; the outcome is in its progress file.

    Does nothing where the server is not reached by plain HTTP.
    """
    limited = Network.from_settings(settings).with_fewer_retries(0)
    seconds = min(timeout_seconds, limited.graphql.timeout_seconds or timeout_seconds)
    limited = replace(limited, graphql=replace(limited.graphql, timeout_seconds=seconds))
    with direct_transport(limited) as transport:
        if transport is None:
            return
        registration = RunRegistration(run_file, limited, transport, threading.Event(), target=ONLINE_RUN)
        with registration.attempt():
            registration.ask_about_account()
            registration.register()
