"""`serve`: runs the server in this process until it is stopped."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
import webbrowser
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

from wandb_nb.errors import UsageError
from wandb_nb.server.app import create_app
from wandb_nb.server.http.anonymous_accounts import RETENTION_SECONDS, delete_expired
from wandb_nb.server.http.services import finish_deletion, make_private, open_services
from wandb_nb.server.http.timeouts import TimeoutProtocol
from wandb_nb.server.live.change_listener import listening
from wandb_nb.server.login_links import new_link
from wandb_nb.server.process import server_lock
from wandb_nb.server.storage.artifacts.content_store import delete_unused, unused_ids
from wandb_nb.server.storage.artifacts.version_updates import delete_artifacts, outdated_ids
from wandb_nb.server.storage.engine.database_address import public_address
from wandb_nb.server.storage.files.orphan_files import delete_orphans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import URL

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.live.subscriptions import Subscriptions

_SHUTDOWN_SECONDS = 10
_BACKLOG = 128
_CLEANING_SECONDS = 3600.0
_BATCH = 100


def serve(  # noqa: PLR0917 -- the options of the command
    folder: Path,
    host: str,
    port: int,
    names: Sequence[str] = (),
    open_browser: bool = False,
    anonymous: bool = False,
    log_requests: bool = False,
    report: Callable[[str], object] = print,
    database: URL | None = None,
) -> None:
    """Serve the data in *folder* at *host* and *port* (0: any free one) until SIGINT or SIGTERM.

    *database* is the address of a PostgreSQL database, used instead of the one in *folder*.

    *names* are host names that the server answers to, besides *host* and the loopback names. With *anonymous* it gives
    anonymous accounts to programs without a key. With *log_requests* it writes a line of JSON per request to stderr.

    Raises:
        UsageError: The port is in use, or *host* is not an address of this machine.

    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with server_lock(folder), closing(_listen(host, port)) as listener:
        if make_private(folder):
            report(f"other users of this machine could read {folder}; now only you can")
        services = open_services(folder, database, anonymous=anonymous)
        url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        try:
            (folder / "url").write_text(url + "\n", "utf-8")
            place = folder if database is None else f"{public_address(database)} and {folder}"
            report(f"wandb-nb server: {url}  (data in {place}; press Ctrl-C to stop)")
            report(f"To log runs here: wandb-nb login --local --dir {folder}, then WANDB_BASE_URL={url}")
            link = new_link(folder)
            renewal = f"wandb-nb server --dir {folder} login-link"
            report(f"To view them: open {link}  (once, within 10 min; a new link: {renewal})")
            if open_browser:
                webbrowser.open(link)
            app = create_app(services, (host, *names), _write_line if log_requests else None)
            settings = uvicorn.Config(
                app,
                http=TimeoutProtocol,
                ws="none",
                log_level="warning",
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
                server_header=False,
            )
            with (
                listening(services.database.engine, services.subscriptions),
                _orphan_cleaning(services),
                suppress(KeyboardInterrupt),  # raised again after a clean shutdown
            ):
                signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises the signal again at its end
                _Server(settings, services.subscriptions).run([listener])
        finally:
            services.database.close()


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


@contextmanager
def _orphan_cleaning(services: Services) -> Iterator[None]:
    """Delete files that belong to no run, now and each hour, in a thread."""
    ended = threading.Event()
    thread = threading.Thread(target=_clean, args=(services, ended, time.time()), name="orphan-cleaning", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _clean(services: Services, ended: threading.Event, before: float) -> None:
    delete_orphans(services.database, services.store, before)
    delete_expired_accounts(services)
    delete_outdated_artifacts(services)
    while not ended.wait(_CLEANING_SECONDS):
        delete_expired_accounts(services)
        delete_outdated_artifacts(services)
        delete_orphans(services.database, services.store, time.time() - _CLEANING_SECONDS)  # uploads are under way


def delete_expired_accounts(services: Services) -> None:
    """Delete anonymous accounts without news for a month, with their runs and files."""
    with services.database.write() as connection:
        expired_runs, blobs = delete_expired(connection, time.time() - RETENTION_SECONDS)
    finish_deletion(services, expired_runs, blobs)


def delete_outdated_artifacts(services: Services) -> None:
    """Delete versions whose time is over or that were never committed, and contents that nothing has."""
    with services.database.read() as connection:  # which takes long where there are many
        artifact_ids = outdated_ids(connection)
    blobs: list[str] = []
    for start in range(0, len(artifact_ids), _BATCH):
        with services.database.write() as connection:
            batch = outdated_ids(connection, artifact_ids[start : start + _BATCH])
            blobs += delete_artifacts(connection, batch)
    with services.database.read() as connection:
        content_ids = unused_ids(connection)
    with services.database.write() as connection:
        blobs += delete_unused(connection, content_ids)
    finish_deletion(services, (), blobs)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Explicitly TCP: only then does asyncio set TCP_NODELAY, which saves small answers 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}; choose another port with --port"
        ) from error
    return listener
