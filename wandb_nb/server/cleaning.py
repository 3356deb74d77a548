"""Deletes, now and each hour, what the server no longer needs: orphan files, expired accounts, outdated artifacts.

With a bucket it also adds what clients sent there and did not report.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from wandb_nb.server.http.anonymous_accounts import RETENTION_SECONDS, delete_expired
from wandb_nb.server.http.services import finish_deletion
from wandb_nb.server.maintenance.retention import delete_expired_runs, expired_runs, list_limits
from wandb_nb.server.protocol.staged_uploads import add_staged
from wandb_nb.server.storage.artifacts.content_store import delete_unused, unused_ids
from wandb_nb.server.storage.artifacts.version_updates import delete_artifacts, outdated_ids
from wandb_nb.server.storage.engine.sql_engine import SQLITE
from wandb_nb.server.storage.files.orphan_files import delete_orphans
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.server.http.services import Services

_INTERVAL_SECONDS, _UNREPORTED_SECONDS = 3600.0, 60.0
_END_SECONDS = 5.0
_BATCH = 100


@contextmanager
def cleaning(services: Services) -> Iterator[None]:
    """Clean inside `with`, in a thread."""
    ended = threading.Event()
    works = [_clean] if services.signed is None else [_clean, _add_unreported]
    threads = [threading.Thread(target=work, args=(services, ended), name=work.__name__, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(_END_SECONDS)  # a store that does not answer holds nobody up


def _clean(services: Services, ended: threading.Event) -> None:
    is_alone = services.database.engine.dialect.name == SQLITE
    before = time.time() - (0 if is_alone else _INTERVAL_SECONDS)  # younger files may be uploads to another server
    while True:
        with suppress(BusyError):  # the log has it; the next time is in an hour
            delete_orphans(services.database, services.store, before)
            delete_expired_accounts(services)
            delete_outdated_artifacts(services)
            delete_runs_beyond_limits(services)
        if ended.wait(_INTERVAL_SECONDS):
            return
        before = time.time() - _INTERVAL_SECONDS  # uploads are under way


def _add_unreported(services: Services, ended: threading.Event) -> None:
    """Add each minute what clients sent straight to the store and did not report."""
    while not ended.wait(_UNREPORTED_SECONDS):
        with suppress(BusyError):  # the log has it; the next time is in a minute
            add_staged(services, min_age_seconds=_UNREPORTED_SECONDS)


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


def delete_runs_beyond_limits(services: Services) -> None:
    """Delete the runs that exceed the limits of their projects."""
    with services.database.read() as connection:
        policies = list(list_limits(connection))
    for project_id, _, limits in policies:
        with services.database.write() as connection:
            rows, blobs = delete_expired_runs(connection, expired_runs(connection, project_id, limits, time.time()))
        finish_deletion(services, rows, blobs)
