"""What clients sent straight to the store: checked, copied to its place and added to its run or artifact.

The server learns of it when a client reports that files were uploaded or that a run ended, sends the manifest of an
artifact, or asks for a file; what nobody reports is added within a minute.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from wandb_nb.server.http.artifact_urls import read_staged_content
from wandb_nb.server.http.file_urls import read_staged_token
from wandb_nb.server.http.services import discard_blobs
from wandb_nb.server.protocol.artifacts.uploaded_contents import add_content, writer_of
from wandb_nb.server.protocol.uploaded_files import add_file, may_upload

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.file_store import StoredFile
    from wandb_nb.server.storage.files.signed_transfers import SignedTransfers, StagedObject

_THREADS = 8


def artifact_group(artifact_id: int) -> str:
    """Return the group of the contents of an artifact; that of a run's files is the run's random value."""
    return f"artifact-{artifact_id}"


def add_staged(services: Services, group: str = "", min_age_seconds: float = 0.0) -> None:
    """Add what clients sent to *group*, or to all, at least *min_age_seconds* ago.

    Raises:
        BusyError: The store does not answer.

    """
    if (signed := services.signed) is None:
        return
    before = time.time() - min_age_seconds
    for batch in signed.staged(group):
        due = [staged for staged in batch if staged.modified <= before or not min_age_seconds]
        with ThreadPoolExecutor(_THREADS) as pool:
            outcomes = list(pool.map(partial(_add_one, services, signed), due))
        signed.discard(staged for staged, is_done in zip(due, outcomes, strict=True) if is_done)


def _add_one(services: Services, signed: SignedTransfers, staged: StagedObject) -> bool:
    """Add *staged*, or refuse it; return False if somebody else takes care of it."""
    add = _action(services, staged.token)
    if add is None:
        return True
    try:
        stored = signed.commit(staged)
    except FileNotFoundError:  # another process was faster, or it is being sent again
        return False
    if (unused := add(stored)) is not None:
        discard_blobs(services, [unused])
    return True


def _action(services: Services, token: str) -> Callable[[StoredFile], str | None] | None:
    """Return what adds the object of *token*; None if its run or artifact is gone, or its user may no longer write."""
    if (file := read_staged_token(services.signer, token)) is not None:
        return partial(add_file, services, file) if may_upload(services, file) else None
    if (content := read_staged_content(services.signer, token)) is not None:
        return partial(add_content, services, content) if writer_of(services, content) is not None else None
    return None
