"""Uploaded files of runs: who may still add one, and how it takes the place of the earlier one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.shared.run_changes import announce_change
from wandb_nb.server.storage.tables import files
from wandb_nb.server.storage.users import Right, user_by_login

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.file_urls import UploadTarget
    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.file_store import StoredFile
    from wandb_nb.server.storage.users import User


def may_upload(services: Services, target: UploadTarget) -> bool:
    """Whether the run that *target* names exists, and its user may still write to it."""
    with services.database.read() as connection:
        return _upload_run(connection, target) is not None


def upload_user(services: Services, target: UploadTarget) -> User | None:
    """Return the user of *target*, if the key is still the same."""
    with services.database.read() as connection:
        return user_by_login(connection, target.user_id, target.login)


def add_file(services: Services, target: UploadTarget, stored: StoredFile) -> str | None:
    """Make *stored* the file that its address names; return the blob that is no longer needed."""
    with services.database.write() as connection:
        run = _upload_run(connection, target)
        if run is None:
            return stored.blob  # the run was deleted, or the right withdrawn, during the upload
        condition = (files.c.run_id == run.id, files.c.name == target.name)
        old = connection.execute(select(files).where(*condition)).first()
        if old is not None and old.announced > target.upload:
            return stored.blob  # a newer one arrived during the upload
        connection.execute(delete(files).where(*condition))
        values = {**stored._asdict(), "updated": time.time(), "announced": target.upload}
        connection.execute(insert(files).values(run_id=run.id, name=target.name, **values))
        announce_change(connection, run)
    return None if old is None else str(old.blob)


def _upload_run(connection: Connection, target: UploadTarget) -> Any:
    """Return the row of the run that *target* names; None if it was deleted or the user may no longer write to it."""
    run = run_store.run_by_uid(connection, target.run_uid)
    user = user_by_login(connection, target.user_id, target.login)
    if run is None or user is None or project_by_id(connection, user, run.project_id).right < Right.WRITE:
        return None
    return run
