"""Lookups on a server: the run that an `init()` continues, and files of runs.

The sync process sends the requests, so that the HTTP client stays out of the user's process.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from wandb_nb.credentials import find_key
from wandb_nb.errors import AuthenticationError, CommError, LaunchError, NotLoggedInError, UsageError
from wandb_nb.host import command
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.metrics.definition import from_config
from wandb_nb.store.runs.registry import Registry
from wandb_nb.sync.background import launch
from wandb_nb.tracking.start.resume_state import ResumeState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.settings.value_types import Moment

UNAUTHORIZED, DENIED = 401, (403, 404)
PERMISSIONS_TIMEOUT_SECONDS = 10.0
"""How long the server may take to name the account whose key it refuses."""
RETRY_SECONDS, MIN_REQUEST_SECONDS = 0.5, 5.0
unanswering_servers: set[str] = set()
"""Servers that did not answer an `init()` of this process: later ones do not wait for them again."""


def no_answer_remedies() -> str:
    """Return what the user may do about a server that does not answer."""
    return (
        "check the address and the network, raise the timeout, or use mode='offline' and send the run later with "
        f"'{command('sync')}'"
    )


def sync_process(settings: Resolved) -> launch.BackgroundProcess:
    """Return the sync process for *settings*, which may not run yet.

    Raises:
        AuthenticationError: There is no key.

    """
    key = find_key(settings)
    if key is None:  # it was there a moment ago
        raise AuthenticationError(f"there is no longer a key for {settings.base_url}: call login()")
    thread = settings.start_method == "thread"
    return launch.BackgroundProcess(Registry().folder, launch.export_environment(settings, key.text), use_thread=thread)


def refusal(status: int, message: str, settings: Resolved) -> LaunchError | CommError:
    """Return the error for the server's answer; "Permission denied" is the documented case, with three causes."""
    if status == UNAUTHORIZED:
        return NotLoggedInError(_denied(_not_logged_in(settings), message))
    if status in DENIED:
        return LaunchError(_denied(_cause(settings), message))
    return CommError(f"{settings.base_url} refused the run: {message}")


def _denied(cause: str, message: str) -> str:
    return f"Launch exception: Permission denied: {cause}. The server answered: {message}"


def _not_logged_in(settings: Resolved) -> str:
    key = find_key(settings)
    origin = f" (the key from {key.source} is not accepted)" if key else ""
    return (
        f"this machine is not logged in to {settings.base_url}{origin}: run 'wandb-nb login --relogin', or call "
        "login(relogin=True)"
    )


def _cause(settings: Resolved) -> str:
    """Return why this key may not log there, as far as the server reports its account."""
    entity, project = settings.entity, settings.project or DEFAULT_PROJECT
    question = {"kind": "permissions", "entity": entity, "project": project, "run": "", "once": True}
    answer = sync_process(settings).request(question, PERMISSIONS_TIMEOUT_SECONDS)
    if answer.get("status") == UNAUTHORIZED:
        return _not_logged_in(settings)
    viewer = answer.get("viewer") or {}
    account, names = viewer.get("username") or viewer.get("entity"), _entities(viewer)
    if not account:
        target = "/".join(filter(None, (entity, project)))
        return (
            f"{settings.base_url} does not let this key log to {target}. Check that you are logged in, that the entity "
            "is your user or one of your teams, and that you may write to the project"
        )
    if entity is None or entity in names or answer.get("can_view"):
        return (
            f"the account {account} may not write to the project {entity or account}/{project}: its owner can give "
            "you the right, or set the project's privacy to Open"
        )
    return (
        f"the account {account} has no entity {entity!r}: it must be your user name or an existing team "
        f"({', '.join(names)}); init() cannot create one"
    )


def _entities(viewer: Mapping[str, Any]) -> list[str]:
    """Return the names under which the account may log."""
    names = (viewer.get("entity"), viewer.get("username"), *viewer.get("teams", ()))
    return [str(name) for name in dict.fromkeys(names) if name]


class ServerLookup:
    """Looks up runs on the server.

    A server that does not permit it raises LaunchError. One that does not answer within the time limits of `init()`
    raises CommError where online mode was requested explicitly; else *notice* reports it, and local data is used.
    """

    def __init__(self, settings: Resolved, notice: Callable[[str], Any]) -> None:
        self._settings, self._notice = settings, notice
        self._explicit = settings.is_explicit("mode")
        self.failed = False
        """Whether the server could not be asked."""

    def find(self, run_id: str) -> ResumeState | None:
        """Return the run as it is on the server; None where it is not there, or could not be asked for."""
        stored = self._ask("run", run_id).get("run")
        return _resume_state(run_id, stored, self._settings) if stored else None

    def at(self, moment: Moment, argument: str) -> ResumeState | None:
        """Return the run of *moment* as it was at its step; "resume_from" rewinds it there on the server.

        Raises:
            UsageError: The run does not have that step.

        """
        state = self.find(moment.run_id)
        if state is None:
            return None
        if state.last_step < moment.step:
            raise UsageError(
                f"{argument} names step {moment.step} of run {moment.run_id!r} ({state.name}), whose steps end at "
                f"{state.last_step}"
            )
        if argument == "resume_from":
            stored = self._ask("run", moment.run_id, rewind=moment.step).get("run")
            state = _resume_state(moment.run_id, stored, self._settings) if stored else state
            summary = dict(state.summary)
        else:
            rows = [] if state.last_step == moment.step else self._ask("rows", moment.run_id, step=moment.step)["rows"]
            summary = _last_values(rows) if rows else dict(state.summary)
        return state.cut(moment.step, summary)

    def fetch(self, run: tuple[str | None, str | None, str], name: str, target: Path) -> bool:
        """Put the file *name* of *run* (entity, project, id) at *target*; False where there is none.

        Raises:
            CommError: The server refuses or does not answer.

        """
        question = {
            "entity": run[0],
            "project": run[1],
            "run": run[2],
            "kind": "file",
            "name": name,
            "target": str(target),
        }
        answer = sync_process(self._settings).request({**question, "once": True}, self._settings.init_timeout)
        if "exists" not in answer:
            raise CommError(f"{self._settings.base_url} did not return the file {name}: {_reason(answer)}")
        return bool(answer["exists"])

    def _ask(self, kind: str, run_id: str, **more: Any) -> Mapping[str, Any]:
        settings = self._settings
        where = {"entity": settings.entity, "project": settings.project, "run": run_id}
        is_waiting = self._explicit or settings.base_url not in unanswering_servers
        answer = self._ask_repeatedly({"kind": kind, **where, **more, "once": True}, is_waiting=is_waiting)
        if answer and "error" not in answer:
            return answer
        if answer.get("status"):
            error = refusal(answer["status"], answer["error"], settings)
            if self._explicit or isinstance(error, LaunchError):
                raise error
        elif self._explicit:
            seconds = self._limit_seconds(answer)
            raise CommError(
                f"{settings.base_url} did not answer within {seconds:g} s ({_reason(answer)}): {no_answer_remedies()}"
            )
        else:
            unanswering_servers.add(settings.base_url)
        self.failed = True
        self._notice(f"{settings.base_url} did not return run {run_id} ({_reason(answer)}); using local data")
        return {"rows": []}

    def _ask_repeatedly(self, question: Mapping[str, Any], *, is_waiting: bool) -> Mapping[str, Any]:
        """Return the last answer to *question*: without an error, a final one, or the one at the time limit."""
        settings, process = self._settings, sync_process(self._settings)
        began, pause = time.monotonic(), RETRY_SECONDS
        while True:
            answer = process.request(question, max(MIN_REQUEST_SECONDS, settings.unreachable_timeout))
            is_over = time.monotonic() + pause - began > self._limit_seconds(answer)
            if "error" not in answer or answer.get("status") or not is_waiting or is_over:
                return answer
            time.sleep(pause)
            pause *= 2

    def _limit_seconds(self, answer: Mapping[str, Any]) -> float:
        """Return how long `init()` waits for a server whose last answer is *answer*."""
        limit = self._settings.init_timeout
        return limit if answer.get("answered") else min(limit, self._settings.unreachable_timeout)


def _reason(answer: Mapping[str, Any]) -> str:
    return str(answer.get("error") or "no answer in time")


def _resume_state(run_id: str, stored: Mapping[str, Any], settings: Resolved) -> ResumeState:
    """Return the state to resume from, read from the server's fields of a run."""
    entries = _object(stored.get("config"))
    own = entries.pop("_wandb", None)
    own = own.get("value", own) if isinstance(own, dict) else {}
    summary, tail = _object(stored.get("summaryMetrics")), _tail(stored.get("historyTail"))
    last = int(_number(tail.get("_step"), -1)) if int(stored.get("historyLineCount") or 0) else -1
    own_summary = summary.get("_wandb")
    runtime = own_summary.get("runtime") if isinstance(own_summary, dict) else None
    return ResumeState(
        run_id=run_id,
        name=stored.get("displayName") or "",
        project=settings.project,
        entity=settings.entity,
        notes=stored.get("notes") or None,
        tags=tuple(stored.get("tags") or ()),
        next_step=last + 1,
        last_step=last,
        runtime=max(_number(tail.get("_runtime"), 0.0), _number(runtime, 0.0)),
        config={key: entry["value"] for key, entry in entries.items() if isinstance(entry, dict) and "value" in entry},
        summary={key: value for key, value in summary.items() if not key.startswith("_")},
        metrics=tuple(from_config(own.get("m"))),
    )


def _last_values(rows: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in rows:
        values |= {key: value for key, value in row.items() if not key.startswith("_")}
    return values


def _object(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, TypeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _tail(text: Any) -> dict[str, Any]:
    """Return the last line of a list of lines."""
    try:
        lines = json.loads(text or "[]")
    except (ValueError, TypeError, RecursionError):
        return {}
    return _object(lines[-1]) if isinstance(lines, list) and lines else {}


def _number(value: Any, otherwise: float) -> float:
    try:
        return float(value) if isinstance(value, (int, float)) and value == value else otherwise  # noqa: PLR0124 -- NaN
    except OverflowError:  # an integer of hundreds of digits
        return otherwise
