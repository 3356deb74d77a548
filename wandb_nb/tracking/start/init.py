"""`init()`: from arguments, settings, environment and files to a run that takes rows."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.capture.code import git
from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.credentials import find_key
from wandb_nb.errors import UsageError
from wandb_nb.settings import Settings, resolve
from wandb_nb.tracking import setup
from wandb_nb.tracking.config.loading import load
from wandb_nb.tracking.disabled import DisabledRun, NullWriter
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.run_view import DEFAULT_PROJECT
from wandb_nb.tracking.session.run_directory import RunDirectory
from wandb_nb.tracking.start import names
from wandb_nb.tracking.start.cell_rerun import again
from wandb_nb.tracking.start.identity import RunIdentity
from wandb_nb.tracking.start.resume import earlier
from wandb_nb.tracking.start.resume_state import ResumeState
from wandb_nb.tracking.start.telemetry import FeatureUse
from wandb_nb.tracking.terminal.presenter import tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.start.server_lookup import ServerLookup

_LATER = ("sync_tensorboard", "monitor_gym", "magic")


def init(config: Any, settings: Settings | Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> Run:
    """Start a run; *arguments* are those of the public `init()` but for these two."""
    resolved = resolve(arguments, given=settings, setup=setup.current())
    previous = _make_way(resolved)
    if previous is not None:
        if config is not None or any(value is not None for value in arguments.values()):
            previous.notice(
                f"run {previous.name} goes on, so the arguments of this init() are not used; "
                "finish() it first, or give reinit=True",
                key="init-arguments",
            )
        return previous
    run = _start(config, resolved)
    active_runs.add(run, make_current=resolved.reinit != "create_new")
    run.tell_start()
    run.observe()
    for name in _LATER:
        if getattr(resolved, name):
            run.notice(f"{name} is accepted but does nothing yet; it comes with a later version")
    return run


def _make_way(settings: Resolved) -> Run | None:
    """Return the run to go on with, or None after those that have to end have ended."""
    going_on = active_runs.own()
    reinit = settings.reinit
    if reinit == "default":
        reinit = "finish_previous" if host.in_notebook() else "return_previous"
    if reinit == "finish_previous":
        for run in reversed(going_on):
            run.finish()
    if not going_on or reinit != "return_previous":
        return None
    if settings.resume == "must" and settings.run_id != going_on[-1].id:
        raise UsageError(
            f"resume='must' cannot continue run {settings.run_id!r} while run {going_on[-1].name} goes on: finish() "
            "that one first, or give reinit=True"
        )
    return going_on[-1]


def _start(config: Any, settings: Resolved) -> Run:
    """Make the run, and nothing lasting if that fails."""
    values = load(config, settings.config_include_keys, settings.config_exclude_keys, settings.config_paths, Path.cwd())
    mode, key = _mode(settings)
    repository = _git(settings)
    redact = Redactor(os.environ, [settings.api_key, key], [repository.commit or ""] if repository else [])
    if mode == "disabled":
        identity = _identity(settings, None, repository)
        identity.name = identity.name or f"dummy-{identity.id}"
        used = _telemetry(settings, values)
        return DisabledRun(identity, settings, "disabled", NullWriter(), None, values, used, ResumeState())
    rerun = again(settings)
    settings = rerun.settings
    before = rerun.attempt(earlier(settings, partial(tell, settings), _remote(settings, mode)))
    identity = _identity(settings, before, repository)
    identity.cell, identity.begun = rerun.cell, rerun.told(before)
    identity.redact(redact)
    used = _telemetry(settings, values)
    used.used(*("offline",) * (mode == "offline"))
    place = RunDirectory(identity, settings, partial(tell, settings), mode, redact)
    try:
        identity.name = identity.name or names.run_name(place.next_number(identity.project or DEFAULT_PROJECT))
        run = Run(identity, settings, mode, place.writer, place, values, used, before or ResumeState())
        place.prepare(run)
        place.begin(run, used)
        run.carry_on(before)
        place.go_online()
        place.settle(run)
    except BaseException:
        place.abandon()
        raise
    return run


def _remote(settings: Resolved, mode: str) -> ServerLookup | None:
    """Return the server of a run that is online and goes on from another; others have nothing to ask it."""
    if mode != "online" or not (settings.resume or settings.resume_from or settings.fork_from):
        return None
    from wandb_nb.tracking.start.server_lookup import ServerLookup  # other runs need nothing of it

    return ServerLookup(settings, partial(tell, settings))


def _mode(settings: Resolved) -> tuple[str, str | None]:
    """Return the mode of the run, offline where online is not possible for want of a key, and the key if it is used."""
    if settings.mode != "online":
        return settings.mode, None
    if settings.anonymous == "must":  # it must not be the account's, and no server gives another one
        return "offline", None
    key = find_key(settings)
    if key is not None:
        return "online", key.text
    if settings.force:
        raise UsageError(
            "init(force=True) needs a key, and there is none on this machine: call login() or run 'wandb-nb login', "
            "or leave force out to run offline"
        )
    return "offline", None


def _identity(settings: Resolved, before: ResumeState | None, repository: git.GitState | None) -> RunIdentity:
    """Return the facts of the run, each checked: what is given, else what its earlier part had."""
    old = before or ResumeState()
    label = names.check_label
    return RunIdentity(
        id=old.run_id or (names.check_id(settings.run_id) if settings.run_id else names.run_id()),
        name=label("name", settings.run_name) if settings.run_name else old.name,
        project=names.check_project(settings.project) if settings.project else old.project,
        entity=names.check_entity(settings.entity) if settings.entity else old.entity,
        group=label("group", settings.run_group) if settings.run_group else old.group,
        job_type=label("job_type", settings.run_job_type) if settings.run_job_type else old.job_type,
        notes=settings.run_notes or old.notes,
        tags=names.check_tags(settings.run_tags or old.tags),
        start_time=time.time(),
        host=settings.host or socket.gethostname(),
        git=repository,
        starting_step=old.next_step,
        resumed=before is not None and settings.fork_from is None,
        branch=old.branch,
        runtime=old.runtime,
        sweep_id=settings.sweep_id,
    )


def _git(settings: Resolved) -> git.GitState | None:
    """Return what git knows of the folder of the program, with what the settings put in its place."""
    if settings.disable_git:
        return None
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = settings.git_root or (Path(main).absolute().parent if main else Path.cwd())
    found = git.read(folder, settings.git_remote)
    if settings.git_commit is None and settings.git_remote_url is None:
        return found
    found = found or git.GitState(folder, None, None, None)
    remote = settings.git_remote_url
    return replace(
        found,
        commit=settings.git_commit or found.commit,
        remote=git.without_credentials(remote) if remote else found.remote,
    )


def _telemetry(settings: Resolved, config: Mapping[str, Any]) -> FeatureUse:
    used = FeatureUse(enabled=settings.error_reporting)
    given = {
        "resumed": settings.resume,
        "fork_mode": settings.fork_from,
        "rewind_mode": settings.resume_from,
        "set_init_name": settings.run_name,
        "set_init_id": settings.run_id,
        "set_init_tags": settings.run_tags,
        "set_init_config": config,
    }
    used.used(*(feature for feature, value in given.items() if value))
    return used
