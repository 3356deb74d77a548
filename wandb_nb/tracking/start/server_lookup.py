"""What a server knows of a run that an `init()` goes on from, and the files that it keeps.

The background process asks; the HTTP client stays out of the user's process.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from wandb_nb.credentials import find_key
from wandb_nb.errors import AuthenticationError, CommError, LaunchError, NotLoggedInError, UsageError
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

_FILES = ("user file", "workspace file")
UNAUTHORIZED, DENIED = 401, (403, 404)
CAUSE_S = 10.0
"""How long the server may take to tell whose key it refuses."""
UNASKED_S = 30.0
"""How long an answer is waited for at most where online was not asked for by name; one attempt is made."""


def asked_for(settings: Resolved) -> bool:
    """Tell whether the mode was given by name, as argument or in the environment, and not by a file or default."""
    return settings.given("mode") and settings.source("mode") not in _FILES


def background(settings: Resolved) -> launch.BackgroundProcess:
    """Return the background process for *settings*, which may not run yet.  AuthenticationError without a key."""
    key = find_key(settings)
    if key is None:  # it was there a moment ago
        raise AuthenticationError(f"There is no key for {settings.base_url} any more: call login().")
    thread = settings.start_method == "thread"
    return launch.BackgroundProcess(Registry().folder, launch.export_environment(settings, key.text), use_thread=thread)


def refusal(status: int, message: str, settings: Resolved) -> LaunchError | CommError:
    """Return the error for what the server said; "Permission denied" is the documented case, with three causes."""
    if status == UNAUTHORIZED:
        return NotLoggedInError(_denied(_not_logged_in(settings), message))
    if status in DENIED:
        return LaunchError(_denied(_cause(settings), message))
    return CommError(f"{settings.base_url} refused the run: {message}")


def _denied(cause: str, message: str) -> str:
    return f"Launch exception: Permission denied: {cause}. The server says: {message}"


def _not_logged_in(settings: Resolved) -> str:
    key = find_key(settings)
    origin = f" (the key from {key.source} is not accepted)" if key else ""
    return (
        f"this machine is not logged in to {settings.base_url}{origin}: run 'wandb-nb login --relogin', or call "
        "login(relogin=True)"
    )


def _cause(settings: Resolved) -> str:
    """Return why this key may not log there, as far as the server tells its account."""
    entity, project = settings.entity, settings.project or DEFAULT_PROJECT
    question = {"kind": "permissions", "entity": entity, "project": project, "run": "", "once": True}
    said = background(settings).request(question, CAUSE_S)
    if said.get("status") == UNAUTHORIZED:
        return _not_logged_in(settings)
    viewer = said.get("viewer") or {}
    me, names = viewer.get("username") or viewer.get("entity"), _entities(viewer)
    if not me:
        return (
            f"{settings.base_url} does not let this key log to {'/'.join(filter(None, (entity, project)))}. Check that "
            "you are logged in, that the entity is your user or a team of yours, and that you may write to the project"
        )
    if entity is None or entity in names or said.get("can_view"):
        return (
            f"the account {me} may not write to the project {entity or me}/{project}: its owner can give you the "
            "right, or set the project's privacy to Open"
        )
    return (
        f"the account {me} knows no entity {entity!r}: it must be your user name or a team that exists "
        f"({', '.join(names)}); it cannot be made by init()"
    )


def _entities(viewer: Mapping[str, Any]) -> list[str]:
    """Return the names under which the account may log."""
    edges = (viewer.get("teams") or {}).get("edges") or ()
    teams = ((edge or {}).get("node") or {} for edge in edges)
    names = (viewer.get("entity"), viewer.get("username"), *(team.get("name") for team in teams))
    return [str(name) for name in dict.fromkeys(names) if name]


class ServerLookup:
    """The server's knowledge of runs.

    Where online was asked for by name, a server that refuses or does not answer within `init_timeout` is a
    LaunchError, AuthenticationError or CommError.  Else it is told once by *notice*, and then nothing is known.
    """

    def __init__(self, settings: Resolved, notice: Callable[[str], Any]) -> None:
        self._settings, self._notice = settings, notice
        self._patient = asked_for(settings)
        self.failed = False
        """Whether the server could not be asked."""

    def earlier(self, run_id: str) -> ResumeState | None:
        """Return the run as it is on the server; None where it is not there, or nothing is known."""
        held = self._ask("run", run_id).get("run")
        return _earlier(run_id, held, self._settings) if held else None

    def at(self, moment: Moment, argument: str) -> ResumeState | None:
        """Return the run of *moment* as it was at its step; "resume_from" takes it back to there on the server.

        UsageError where the run does not have that step.
        """
        known = self.earlier(moment.run_id)
        if known is None:
            return None
        if known.last_step < moment.step:
            raise UsageError(
                f"{argument} names step {moment.step} of run {moment.run_id!r} ({known.name}), whose steps end at "
                f"{known.last_step}"
            )
        if argument == "resume_from":
            held = self._ask("run", moment.run_id, rewind=moment.step).get("run")
            known = _earlier(moment.run_id, held, self._settings) if held else known
            summary = dict(known.summary)
        else:
            rows = [] if known.last_step == moment.step else self._ask("rows", moment.run_id, step=moment.step)["rows"]
            summary = _summed(rows) if rows else dict(known.summary)
        return known.cut(moment.step, summary)

    def fetch(self, run: tuple[str | None, str | None, str], name: str, target: Path) -> bool:
        """Put the file *name* of *run* (entity, project, id) at *target*; False where there is none.

        CommError where the server refuses or does not answer.
        """
        question = {
            "entity": run[0],
            "project": run[1],
            "run": run[2],
            "kind": "file",
            "name": name,
            "target": str(target),
        }
        said = background(self._settings).request({**question, "once": True}, self._settings.init_timeout)
        if "exists" not in said:
            raise CommError(f"{self._settings.base_url} does not give the file {name}: {_reason(said)}")
        return bool(said["exists"])

    def _ask(self, what: str, run_id: str, **more: Any) -> Mapping[str, Any]:
        settings = self._settings
        where = {"entity": settings.entity, "project": settings.project, "run": run_id}
        question = {"kind": what, **where, **more, "once": not self._patient}
        timeout = settings.init_timeout if self._patient else min(UNASKED_S, settings.init_timeout)
        said = background(settings).request(question, timeout)
        if said and "error" not in said:
            return said
        if self._patient:
            self._fail(said)
        self.failed = True
        self._notice(f"{settings.base_url} does not tell about run {run_id} ({_reason(said)}); what is here counts")
        return {"rows": []}

    def _fail(self, said: Mapping[str, Any]) -> NoReturn:
        settings = self._settings
        if said.get("status"):
            raise refusal(said["status"], said["error"], settings)
        raise CommError(
            f"{settings.base_url} did not answer within {settings.init_timeout:g} s ({_reason(said)}). Check the "
            "address and the network, raise init_timeout, or use mode='offline' and send the run later with "
            "'wandb-nb sync'."
        )


def _reason(said: Mapping[str, Any]) -> str:
    return str(said.get("error") or "no answer in time")


def _earlier(run_id: str, held: Mapping[str, Any], settings: Resolved) -> ResumeState:
    """Return what the server holds of a run, in its words, as what another part of it starts with."""
    entries = _object(held.get("config"))
    own = entries.pop("_wandb", None)
    own = own.get("value", own) if isinstance(own, dict) else {}
    summary, tail = _object(held.get("summaryMetrics")), _tail(held.get("historyTail"))
    last = int(_number(tail.get("_step"), -1)) if int(held.get("historyLineCount") or 0) else -1
    ran = summary.get("_wandb")
    ran = ran.get("runtime") if isinstance(ran, dict) else None
    return ResumeState(
        run_id=run_id,
        name=held.get("displayName") or "",
        project=settings.project,
        entity=settings.entity,
        notes=held.get("notes") or None,
        tags=tuple(held.get("tags") or ()),
        next_step=last + 1,
        last_step=last,
        runtime=max(_number(tail.get("_runtime"), 0.0), _number(ran, 0.0)),
        config={key: entry["value"] for key, entry in entries.items() if isinstance(entry, dict) and "value" in entry},
        summary={key: value for key, value in summary.items() if not key.startswith("_")},
        metrics=tuple(from_config(own.get("m"))),
    )


def _summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in rows:
        values |= {key: value for key, value in row.items() if not key.startswith("_")}
    return values


def _object(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}


def _tail(text: Any) -> dict[str, Any]:
    """Return the last line of a list of lines."""
    try:
        lines = json.loads(text or "[]")
    except (ValueError, TypeError):
        return {}
    return _object(lines[-1]) if isinstance(lines, list) and lines else {}


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, (int, float)) and value == value else otherwise  # noqa: PLR0124 - NaN
