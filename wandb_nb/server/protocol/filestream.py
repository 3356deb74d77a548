"""What a `file_stream` post does: lines put at their offsets, the summary replaced, the run's state moved on."""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage import line_store
from wandb_nb.server.storage.file_store import TooLargeError
from wandb_nb.server.storage.run_store import object_text, overtaken
from wandb_nb.server.storage.tables import runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FILES = {"wandb-history.jsonl": "history", "wandb-events.jsonl": "events", "output.log": "output"}
_SUMMARY = "wandb-summary.json"
_MOST_LINES = 2**31 - 1
_GZIP = 16 + zlib.MAX_WBITS


def unzipped(body: bytes, limit: int) -> bytes:
    """Return what the gzip *body* holds. TooLargeError above *limit* bytes, with no more than that unpacked."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        data = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise UsageError(f"The body is no gzip: {error}") from error
    if len(data) > limit:
        raise TooLargeError(f"The body unpacks to more than {limit} bytes, which this server takes at most.")
    return data


def take(connection: Connection, run: Any, body: Any, order: int | None = None) -> dict[str, Any]:
    """Apply a post to *run*, a row of the table of runs, and return the answer. The same post twice is as once.

    One that comes after others with a higher *order* is told the highest, and changes nothing.
    """
    if not isinstance(body, dict) or not isinstance(body.get("files", {}), dict):
        raise UsageError("A file_stream body is a JSON object with an object `files`.")
    if overtaken(run, order):
        return {"exitcode": None, "limits": {}, "order": run.posted}
    changes: dict[str, Any] = {"heartbeat": time.time(), "posted": run.posted if order is None else order}
    fresh = set(filter(None, run.fresh.split(",")))
    late = run.exit_code is not None and not body.get("complete")  # sent before the end, and arriving after it
    for name, part in (body.get("files") or {}).items():
        offset, content = _checked(name, part)
        if name == _SUMMARY:
            changes |= {"summary": object_text(content[-1], "summary")} if content and not late else {}
        elif stream := _FILES.get(name):
            if _put(connection, run.id, stream, offset, content, begin=stream in fresh):
                changes["rewrites"] = run.rewrites + 1
            fresh.discard(stream)
    changes["fresh"] = ",".join(sorted(fresh))
    if not late:
        changes |= _state(body)
    connection.execute(update(runs).where(runs.c.id == run.id).values(**changes))
    return {"exitcode": changes.get("exit_code"), "limits": {}, **({"stopped": True} if run.stop else {})}


def _put(connection: Connection, run: int, stream: str, offset: int, content: list[str], *, begin: bool) -> bool:
    """Put lines into *stream*; return whether history that had been there has changed."""
    emptied = begin and offset == 0
    if emptied:
        line_store.clear(connection, run, stream)
    if stream == line_store.HISTORY:
        return line_store.put_history(connection, run, offset, content) or emptied
    line_store.put_lines(connection, run, stream, offset, [line.rstrip("\n") for line in content])
    return False


def _checked(name: str, part: Any) -> tuple[int, list[str]]:
    offset, content = (part.get("offset"), part.get("content")) if isinstance(part, dict) else (None, None)
    if not isinstance(content, list) or not all(isinstance(line, str) for line in content):
        raise UsageError(f"{name}: `content` must be a list of texts.")
    if not isinstance(offset, int) or not 0 <= offset <= _MOST_LINES - len(content):
        raise UsageError(f"{name}: `offset` must be a count of lines, 0 or more.")
    return offset, content


def _state(body: dict[str, Any]) -> dict[str, Any]:
    """Return how the post moves the run's state."""
    if body.get("complete"):
        code = body.get("exitcode")
        code = code if isinstance(code, int) and abs(code) < 2**31 else 0
        return {"state": "failed" if code else "finished", "exit_code": code}
    return {"state": "preempting"} if body.get("preempting") else {}


def parse(body: bytes) -> Any:
    """Return the JSON of *body*, which may hold NaN. UsageError for none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The body is no JSON: {error}") from error
