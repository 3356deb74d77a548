"""Applies a `file_stream` post: lines at their offsets, the summary, the run's state."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from wandb_nb.errors import Error, UsageError
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.segment_store import NewRows, add_rows, merge_last_rows, prepare_rows
from wandb_nb.server.storage.null_keys import with_null_keys
from wandb_nb.server.storage.run_updates import check_object, end_time, is_outdated
from wandb_nb.server.storage.tables import runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HISTORY = "wandb-history.jsonl"
_STREAMS = {_HISTORY: "history", "wandb-events.jsonl": "events", "output.log": "output"}
_SUMMARY = "wandb-summary.json"
_MAX_LINES = 2**31 - 1


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
    changes: dict[str, Any] = {"heartbeat": time.time(), "posted": run.posted if sequence is None else sequence}
    rows: list[str] = []
    restarted = set(filter(None, run.fresh.split(",")))
    late = run.exit_code is not None and not body.get("complete")  # sent before the end, but arriving after it
    for name, chunk in (body.get("files") or {}).items():
        offset, lines = _check_chunk(name, chunk)
        if name == _SUMMARY:
            changes |= {"summary": check_object(lines[-1], "summary")} if lines and not late else {}
        elif stream := _STREAMS.get(name):
            rows = lines if stream == line_store.HISTORY else rows
            new = (history or prepare_rows(offset, lines)) if stream == line_store.HISTORY else None
            if _put_lines(connection, run.id, stream, offset, new or lines, restarted=stream in restarted):
                changes["rewrites"] = run.rewrites + 1
            restarted.discard(stream)
    changes["fresh"] = ",".join(sorted(restarted))
    if not late:
        changes |= _state_changes(body)
        restarts = bool(rows) and line_store.HISTORY in run.fresh.split(",")
        earlier = "{}" if restarts else run.summary  # else that of the start before
        summary = with_null_keys(changes.get("summary", earlier), [earlier, *rows])
        if summary != run.summary:
            changes["summary"] = summary
    if body.get("complete"):
        merge_last_rows(connection, run.id)
        changes["heartbeat"] = end_time(run, changes.get("summary", run.summary), changes["heartbeat"])
    connection.execute(update(runs).where(runs.c.id == run.id).values(**changes))
    return {"exitcode": changes.get("exit_code"), "limits": {}, **({"stopped": True} if run.stop else {})}


def line_counts(body: dict[str, Any]) -> dict[str, int]:
    """Return how many lines a post that was applied has for each stream."""
    files = (body.get("files") or {}).items()
    return {_STREAMS[name]: len(chunk["content"]) for name, chunk in files if name in _STREAMS}


def _put_lines(
    connection: Connection, run: int, stream: str, offset: int, lines: NewRows | list[str], *, restarted: bool
) -> bool:
    """Write lines to *stream*; return whether existing history has changed."""
    cleared = restarted and offset == 0
    if cleared:
        line_store.clear(connection, run, stream)
    if isinstance(lines, NewRows):
        return add_rows(connection, run, lines) or cleared
    line_store.put_lines(connection, run, stream, offset, [line.rstrip("\n") for line in lines])
    return False


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
