"""The artifact versions that a stored run logged, as the message of a view carries them, with links to their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.storage.artifacts.version_store import newest_output
from wandb_nb.view.objects.logged_versions import MAX_VERSIONS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.view.message.run_message import VersionHeader

_OTHER_TYPES = ("run_table", "job")
_RESERVED = "wandb-"


def output_versions(connection: Connection, run_id: int) -> list[VersionHeader]:
    """Return the newest versions that the run logged by itself, oldest first: no tables of rows, no jobs."""
    rows = newest_output(connection, run_id, MAX_VERSIONS, other_than=_OTHER_TYPES)
    return [_header(row) for row in rows if not row.type.startswith(_RESERVED) and row.version is not None]


def _header(row: Any) -> VersionHeader:
    number = f"v{row.version}"
    return {
        "name": f"{row.collection}:{number}",
        "type": row.type,
        "step": row.history_step - 1 if row.history_step else None,  # clients send the step that is next
        "attempt": None,
        "url": page_path(row.entity, row.project, "artifacts", row.collection, number),
    }
