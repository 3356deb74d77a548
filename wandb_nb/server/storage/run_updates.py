"""Creating and changing runs as clients ask for it."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from wandb_nb import run_names
from wandb_nb.errors import UsageError
from wandb_nb.server.storage import server_ids
from wandb_nb.server.storage.branches import copy_branch_rows
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.project_store import project_for_writing
from wandb_nb.server.storage.run_store import count_runs, find_run, run_by_id, run_for_writing
from wandb_nb.server.storage.tables import deleted, runs
from wandb_nb.untrusted_json import load_object, normalize_object, wandb_values
from wandb_nb.values import is_finite

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

STREAMS = ("history", "events", "output")

_TEXT_COLUMNS = {
    "description": "description",
    "notes": "notes",
    "displayName": "display_name",
    "groupName": "group_name",
    "jobType": "job_type",
    "commit": "commit",
    "host": "host",
    "jobProgram": "program",
    "jobRepo": "repo",
    "sweep": "sweep",
    "state": "state",
}
_JSON_COLUMNS = {"config": "config", "summaryMetrics": "summary"}
_MAX_TEXT = 100_000


def upsert_run(
    connection: Connection, user: User, values: Mapping[str, Any], sequence: int | None = None
) -> tuple[Any, bool]:
    """Create or change the run that *values* names; None leaves a value as it is. Return its row and whether it is new.

    A client that starts a run under an existing name without resuming it sends no storage id and counts its lines
    from 0 again: each stream is then cleared when its first lines arrive. A request that is outdated or repeated, by
    its *sequence* number, changes nothing.
    """
    run_id = server_ids.parse_global_id("Run", values.get("id") or "")
    if run_id is not None:
        run = run_for_writing(connection, user, run_id)
    else:
        project = project_for_writing(connection, user, values.get("entityName"), values.get("modelName"))
        run = find_run(connection, project, values.get("name") or "")
        if run is None:
            return _create_run(connection, user, project, values, sequence or 0), True
    if is_outdated(run, sequence) or (sequence is not None and sequence == run.posted):
        return run, False
    changes = _changed_columns(values) | ({} if sequence is None else {"posted": sequence})
    changes |= {"created": min(run.created, first_start(changes["config"], run.created))} if "config" in changes else {}
    if run_id is None and values.get("jobProgram"):
        changes |= {"fresh": ",".join(STREAMS)}
    if values.get("jobProgram"):
        changes |= {"state": "running", "exit_code": None, "stop": False, "heartbeat": time.time()}
    if changes:
        connection.execute(update(runs).where(runs.c.id == run.id).values(**changes))
    return run_by_id(connection, run.id), False


def first_start(config: str, default: float) -> float:
    """Return when the run began, in unix seconds, by the clocks of the machines that it names in *config*, a JSON text.

    A run that is sent later keeps its times.
    """
    environments = wandb_values(load_object(config) or {}).get("e")
    entries = environments.values() if isinstance(environments, dict) else ()
    texts = (entry.get("startedAt") for entry in entries if isinstance(entry, dict))
    return min((start for text in texts if (start := _unix_seconds(text)) is not None), default=default)


def end_time(run: Any, summary: str, now: float) -> float:
    """Return when *run*, which has ended, had its last row or its end, in unix seconds; *now* where it does not say."""
    values = load_object(summary) or {}
    own = values.get("_wandb")
    runtime = own.get("runtime") if isinstance(own, dict) else None
    times = [values.get("_timestamp"), run.created + runtime if is_finite(runtime) else None]
    return min(now, max((float(time) for time in times if is_finite(time)), default=now))


def _unix_seconds(text: Any) -> float | None:
    """Return the time of an ISO *text*; None if it is not one, or before 1970."""
    try:
        seconds = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (AttributeError, ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def is_outdated(run: Any, sequence: int | None) -> bool:
    """Whether the request with this *sequence* number arrives after *run* accepted a later one."""
    return sequence is not None and sequence < run.posted


def is_restarted(run: Any, stream: str) -> bool:
    """Whether *stream* still has the lines of an earlier start, and is cleared when new ones arrive."""
    return stream in run.fresh.split(",")


def begin_upload(connection: Connection, run_id: int) -> Any:
    """Count a new set of upload addresses, so that a late upload does not replace a newer one; return the run's row."""
    connection.execute(update(runs).where(runs.c.id == run_id).values(announced=runs.c.announced + 1))
    return run_by_id(connection, run_id)


def check_object(text: str, name: str) -> str:
    """Return the normalised *text* of a JSON object.

    Raises:
        UsageError: It is not; the message names it *name*.

    """
    try:
        value, text = normalize_object(text)
    except ValueError as error:
        raise UsageError(f"the {name} is {error}") from error
    return text if "_wandb" not in value or name != "config" else json.dumps(_with_usual_form(value))


def _with_usual_form(config: dict[str, Any]) -> dict[str, Any]:
    """Return *config* with W&B's own values in their usual form, or without what does not have it."""
    values = wandb_values(config)
    if not isinstance(values.get("m", []), list):
        values = {key: value for key, value in values.items() if key != "m"}
    return {**config, "_wandb": {"value": values}}


def _create_run(connection: Connection, user: User, project: Project, values: Mapping[str, Any], sequence: int) -> Any:
    now = time.time()
    name = server_ids.check_name(values.get("name") or run_names.new_id(), "run id")
    was_deleted = (deleted.c.project_id == project.id, deleted.c.name == name)
    if connection.execute(select(deleted).where(*was_deleted)).first() is not None:
        raise UsageError(f"run {name} of this project was deleted; its id cannot be used again")
    columns: dict[str, Any] = {"display_name": run_names.new_name(count_runs(connection, project) + 1)}
    columns |= _changed_columns(values)
    created = min(now, first_start(columns.get("config", ""), now))
    columns |= {"name": name, "posted": sequence, "created": created, "heartbeat": now}
    inserted = connection.execute(insert(runs).values(project_id=project.id, user_id=user.id, **columns))
    run_id = inserted_id(inserted)
    copy_branch_rows(connection, run_by_id(connection, run_id))
    return run_by_id(connection, run_id)


def _changed_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    columns = {
        column: values[name][:_MAX_TEXT] for name, column in _TEXT_COLUMNS.items() if values.get(name) is not None
    }
    for name, column in _JSON_COLUMNS.items():
        if values.get(name) is not None:
            columns[column] = check_object(values[name], name)
    if values.get("tags") is not None:
        columns["tags"] = json.dumps(values["tags"])
    return columns
