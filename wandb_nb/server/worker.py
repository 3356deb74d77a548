"""`run_worker`: one server process, from opening its data to the signal that ends it."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from wandb_nb.server.alerts.alert_sender import alert_sending
from wandb_nb.server.alerts.alert_settings import AlertSettings
from wandb_nb.server.app import create_app
from wandb_nb.server.cleaning import cleaning
from wandb_nb.server.http.connection_limits import LimitedProtocol
from wandb_nb.server.http.services import open_services
from wandb_nb.server.live.change_listener import listening

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from sqlalchemy import URL

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.live.subscriptions import Subscriptions
    from wandb_nb.server.storage.files.s3_address import S3Address

SHUTDOWN_SECONDS = 10
_SWITCH_SECONDS = 0.0005  # a post needs the interpreter many times; each time it waits that long for a busy page


@dataclass(frozen=True)
class WorkerOptions:
    """What a server process is started with; another process gets it as it is.

    *database* is the address of a PostgreSQL database, used instead of the one in *folder*, and *bucket* has the
    uploaded files. *hosts* are the names that the server answers to, besides the loopback names.
    """

    folder: Path
    hosts: tuple[str, ...]
    database: URL | None = None
    anonymous: bool = False
    log_requests: bool = False
    bucket: S3Address | None = None

    def open_services(self) -> Services:
        """Open the data.

        Raises:
            StoreError: The database was lost, is damaged, or has the tables of another version.

        """
        return open_services(self.folder, self.database, anonymous=self.anonymous, bucket=self.bucket)


def run_worker(options: WorkerOptions, listener: socket.socket, *, cleans: bool = True) -> None:
    """Answer the requests that arrive at *listener* until SIGINT or SIGTERM; delete what is outdated if it *cleans*."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    services = options.open_services()
    app = create_app(services, options.hosts, _write_line if options.log_requests else None)
    settings = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        server_header=False,
    )
    with ExitStack() as stack:
        stack.enter_context(closing(services.database))
        stack.enter_context(listening(services.database.engine, services.subscriptions))
        stack.enter_context(alert_sending(services.database, AlertSettings.from_environment(), options.folder))
        if cleans:
            stack.enter_context(cleaning(services))
        stack.enter_context(suppress(KeyboardInterrupt))  # raised again after a clean shutdown
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises the signal again at its end
        _Server(settings, services.subscriptions).run([listener])


def _write_line(line: str) -> None:
    with suppress(OSError):  # who reads the log is gone; the runs matter more
        print(line, file=sys.stderr, flush=True)  # noqa: T201 -- the log of a command


class _Server(uvicorn.Server):
    """Ends the event streams of open pages on shutdown, instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, subscriptions: Subscriptions) -> None:
        super().__init__(config)
        self._subscriptions = subscriptions

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End open pages, then shut down."""
        self._subscriptions.close()
        await super().shutdown(sockets)
