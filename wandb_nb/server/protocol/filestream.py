"""Applies a `file_stream` post: lines at their offsets, the summary, the run's state."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, update

from wandb_nb.errors import Error, UsageError
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.segment_store import NewRows, add_rows, merge_last_rows, prepare_rows
from wandb_nb.server.storage.null_keys import with_null_keys
from wandb_nb.server.storage.run_updates import check_object, end_time, is_outdated
from wandb_nb.server.storage.tables import runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_HISTORY = "wandb-history.jsonl"
_STREAMS = {_HISTORY: "history", "wandb-events.jsonl": "events", "output.log": "output"}
_SUMMARY = "wandb-summary.json"
_MAX_LINES = 2**31 - 1
_UPDATE_RUN = update(runs).where(runs.c.id == bindparam("of_run"))  # once: building it takes longer than executing it


def prepare_history(body: Any) -> NewRows | None:
    """Return the history rows of a post, so that no other writer waits for that; None if they have to be refused."""
    files = body.get("files") if isinstance(body, dict) else None
    chunk = files.get(_HISTORY) if isinstance(files, dict) else None
    if chunk is None:
        return None
    try:
        return prepare_rows(*_check_chunk(_HISTORY, chunk))
    except Error:  # for the one who may write to the run
        return None


def apply_post(
    connection: Connection, run: Any, body: Any, sequence: int | None = None, history: NewRows | None = None
) -> dict[str, Any]:
    """Apply a post to *run*, a row of the table of runs, and return the answer. Repeating a post changes nothing.

    *history* has the history rows of *body*, if they were prepared.

    The answer to a post that arrives after one with a higher *sequence* reports the highest; the post is ignored.

    Raises:
        UsageError: The body does not have the form of a post.
        BadLineError: A history line is not a JSON object.

    """
    if not isinstance(body, dict) or not isinstance(body.get("files", {}), dict):
        raise UsageError("a file_stream body is a JSON object with an object `files`")
    if is_outdated(run, sequence):
        return {"exitcode": None, "limits": {}, "order": run.posted}
    files = {name: _check_chunk(name, chunk) for name, chunk in (body.get("files") or {}).items()}
    rows = (history or prepare_rows(*files[_HISTORY])) if _HISTORY in files else NewRows(0, (), [])
    changes = {"heartbeat": time.time(), "posted": run.posted if sequence is None else sequence}
    changes |= _put_streams(connection, run, files, rows)
    if run.exit_code is None or body.get("complete"):  # else it was sent before the end, but arrives after it
        changes |= _state_changes(body) | _summary_changes(run, files.get(_SUMMARY, (0, []))[1], rows)
    if body.get("complete"):
        merge_last_rows(connection, run.id)
        changes["heartbeat"] = end_time(run, changes.get("summary", run.summary), changes["heartbeat"])
    connection.execute(_UPDATE_RUN, {"of_run": run.id, **changes})
    return {"exitcode": changes.get("exit_code"), "limits": {}, **({"stopped": True} if run.stop else {})}


def line_counts(body: dict[str, Any]) -> dict[str, int]:
    """Return how many lines a post that was applied has for each stream."""
    files = (body.get("files") or {}).items()
    return {_STREAMS[name]: len(chunk["content"]) for name, chunk in files if name in _STREAMS}


def _put_streams(
    connection: Connection, run: Any, files: Mapping[str, tuple[int, list[str]]], rows: NewRows
) -> dict[str, Any]:
    """Write the lines of a post, of the history *rows*; return the changes to the run that follow from that."""
    restarted = set(filter(None, run.fresh.split(",")))
    rewrites = run.rewrites
    for name in _STREAMS.keys() & files.keys():
        stream, (offset, lines) = _STREAMS[name], files[name]
        is_cleared = stream in restarted and offset == 0
        if is_cleared:
            line_store.clear(connection, run.id, stream)
        if name == _HISTORY:
            rewrites += add_rows(connection, run.id, rows) or is_cleared
        else:
            line_store.put_lines(connection, run.id, stream, offset, [line.rstrip("\n") for line in lines])
        restarted.discard(stream)
    return {"fresh": ",".join(sorted(restarted)), "rewrites": rewrites}


def _summary_changes(run: Any, lines: list[str], rows: NewRows) -> dict[str, Any]:
    """Return the summary after a post that has *lines* of it."""
    restarts = bool(rows.texts) and line_store.HISTORY in run.fresh.split(",")
    earlier = "{}" if restarts else run.summary  # else that of the start before
    sent = check_object(lines[-1], "summary") if lines else earlier
    summary = with_null_keys(sent, [earlier, *(rows.texts if rows.has_nulls else ())])
    return {"summary": summary} if summary != run.summary else {}


def _check_chunk(name: str, chunk: Any) -> tuple[int, list[str]]:
    offset, content = (chunk.get("offset"), chunk.get("content")) if isinstance(chunk, dict) else (None, None)
    if not isinstance(content, list) or not all(isinstance(line, str) for line in content):
        raise UsageError(f"{name}: `content` must be a list of strings")
    if type(offset) is not int or not 0 <= offset <= _MAX_LINES - len(content):
        raise UsageError(f"{name}: `offset` must be a line number, 0 or more")
    return offset, content


def _state_changes(body: dict[str, Any]) -> dict[str, Any]:
    """Return the changes that the post makes to the run's state."""
    if body.get("complete"):
        code = body.get("exitcode")
        code = code if type(code) is int and abs(code) < 2**31 else 0
        return {"state": "failed" if code else "finished", "exit_code": code}
    return {"state": "preempting"} if body.get("preempting") else {}
