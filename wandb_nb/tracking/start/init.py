"""`init()`: from arguments, settings, environment and files to a run that accepts rows."""

from __future__ import annotations

import copyreg
import os
import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb import host, run_names
from wandb_nb.capture.code import git
from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.credentials import find_key
from wandb_nb.errors import StoreError, UsageError
from wandb_nb.settings import Settings, resolve
from wandb_nb.surroundings import host_name, main_file, open_standard_descriptors, working_directory
from wandb_nb.tracking import setup
from wandb_nb.tracking.config.loading import load
from wandb_nb.tracking.disabled import disabled_run
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.rows.periodic_checks import PeriodicChecks
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.session.begin import begin, start_capture
from wandb_nb.tracking.session.notices import NoticeQueue
from wandb_nb.tracking.session.run_directory import RunDirectory
from wandb_nb.tracking.session.run_session import RunSession
from wandb_nb.tracking.session.tensorboard_rows import follow_tensorboard
from wandb_nb.tracking.start.cell_rerun import plan_rerun
from wandb_nb.tracking.start.identity import RunIdentity
from wandb_nb.tracking.start.resume import find_previous, starting
from wandb_nb.tracking.start.resume_state import ResumeState
from wandb_nb.tracking.start.telemetry import FeatureUse
from wandb_nb.tracking.terminal.presenter import presenter, report, wants_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.credentials.key import Key
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.online.server_lookup import ServerLookup
    from wandb_nb.tracking.start.cell_rerun import CellRerun

ANONYMOUS = "anonymous account"
"""The source of a key that `online.anonymous_key` has got."""


def _pickled(run: Run) -> tuple[Any, ...]:
    """Pickle a run as a ticket: the other process attaches to it."""
    from wandb_nb.tracking.start.attach import join, ticket_of  # few programs send their run to another process

    return join, (ticket_of(run),)


copyreg.pickle(Run, _pickled)  # here, since `Run` knows nothing of attaching


def init(config: Any, settings: Settings | Mapping[str, Any] | None, arguments: Mapping[str, Any]) -> Run:
    """Start a run; *arguments* are those of the public `init()` except these two."""
    open_standard_descriptors()
    resolved = resolve(arguments, settings=settings, setup=setup.current())
    active = _active_run(resolved)
    if active is not None:
        if config is not None or any(value is not None for value in arguments.values()):
            session_of(active).notice(
                f"run {active.name} is still active; these init() arguments are ignored: "
                "finish() it first, or give reinit=True",
                key="init-arguments",
            )
        return active
    run = _start(config, resolved)
    session = session_of(run)
    if not session.is_owner:  # a shared run, which another process started
        return run
    active_runs.add(run, make_current=resolved.reinit != "create_new")
    session.notices.guard(lambda: presenter().started(run))
    start_capture(session)
    if resolved.sync_tensorboard:
        session.notices.guard(lambda: follow_tensorboard(session))
    if resolved.monitor_gym:
        session.notices.guard(_install_gym)
    if resolved.magic:
        session.notices.guard(lambda: _start_magic(run, resolved.magic))
    if unused := resolved.without_effect():
        report(resolved, f"settings that have no effect here: {', '.join(unused)}", "settings-without-effect")
    return run


def _install_gym() -> None:
    from wandb_nb.gym.video_recorders import install  # few runs need it

    install()


def _start_magic(run: Run, options: Any) -> None:
    import_module("wandb_nb.autolog.hooks").start(run, options)  # by its name: it is in a higher layer


def _active_run(settings: Resolved) -> Run | None:
    """Return the active run that `init()` returns again; None once the runs that `reinit` ends have finished."""
    active = active_runs.own()
    reinit = settings.reinit
    if reinit == "default":
        reinit = "finish_previous" if host.in_notebook() else "return_previous"
    if reinit == "finish_previous":
        for run in reversed(active):
            run.finish(session_of(run).default_exit_code)
    if not active or reinit != "return_previous":
        return None
    if settings.resume == "must" and settings.run_id != active[-1].id:
        raise UsageError(
            f"resume='must' cannot continue run {settings.run_id!r} while run {active[-1].name} is active: finish() "
            "that one first, or give reinit=True"
        )
    return active[-1]


def _start(config: Any, settings: Resolved) -> Run:
    """Make the run, and nothing lasting if that fails."""
    values = load(config, settings.config_include_keys, settings.config_exclude_keys, settings.config_paths)
    settings = _with_anonymous_key(settings)
    mode, key = _mode(settings)
    repository = _git(settings)
    if mode == "disabled":
        identity = _identity(settings, None, repository)
        identity.name = identity.name or f"dummy-{identity.id}"
        return disabled_run(identity, settings, values, _features(settings, values))
    redact = Redactor(os.environ, [settings.api_key, key], [repository.commit or ""] if repository else [])
    start = partial(_start_planned, mode=mode, values=values, redact=redact, repository=repository)
    if settings.mode == "shared" and settings.run_id is not None:
        from wandb_nb.tracking.start.shared_run import join_or_start  # few programs share a run

        return join_or_start(settings, values, lambda resuming: start(plan_rerun(resuming)))
    if (run := _parents_run(settings, values)) is not None:
        return run
    rerun = plan_rerun(settings)
    with starting(rerun.settings):
        return start(rerun)


def _parents_run(settings: Resolved, values: Mapping[str, Any]) -> Run | None:
    """Return the run that a process above this one writes and that the environment names."""
    if settings.run_id is None or not settings.source("run_id").startswith("environment"):
        return None
    from wandb_nb.tracking.start.shared_run import join_parents_run  # as above

    return join_parents_run(settings, values)


def _start_planned(
    rerun: CellRerun, *, mode: str, values: dict[str, Any], redact: Redactor, repository: git.GitState | None
) -> Run:
    """Make the run that *rerun* plans, while no other process starts one of its id."""
    settings = rerun.settings
    previous = rerun.attempt(find_previous(settings, partial(report, settings), _server(settings, mode)))
    identity = _identity(settings, previous, repository)
    identity.cell, identity.rerun_note = rerun.cell, rerun.describe(previous)
    identity.redact(redact)
    features = _features(settings, values)
    features.add(*("offline",) * (mode == "offline"))
    checks = PeriodicChecks(active_runs.exit_watch.check_streams)
    notices = NoticeQueue(identity, presenter, checks, enabled=wants_warnings(settings))
    try:
        directory = RunDirectory.create(identity, settings, mode, redact, notices.add)
    except StoreError as error:  # training continues
        identity.name = identity.name or f"dummy-{identity.id}"
        report(settings, f"nothing of run {identity.name} is stored: {error}")
        return disabled_run(identity, settings, values, features)
    return Run(
        _begin_session(
            identity, settings, mode, directory, notices=notices, config=values, features=features, previous=previous
        )
    )


def _begin_session(
    identity: RunIdentity,
    settings: Resolved,
    mode: str,
    directory: RunDirectory,
    *,
    notices: NoticeQueue,
    config: Mapping[str, Any],
    features: FeatureUse,
    previous: ResumeState | None,
) -> RunSession:
    """Begin the session in *directory*; on an error nothing of it is left."""
    try:
        identity.name = identity.name or run_names.new_name(directory.next_number(identity.project_name))
        session = RunSession(
            identity,
            settings,
            mode,
            directory=directory,
            config=config,
            features=features,
            resume=previous or ResumeState(),
            notices=notices,
            checks=notices.checks,
        )
        begin(session, directory, previous)
    except BaseException:
        directory.abandon()
        raise
    return session


def _server(settings: Resolved, mode: str) -> ServerLookup | None:
    """Return the server to ask about an earlier run; None for a run that is not online or continues none."""
    if mode != "online" or not (settings.resume or settings.resume_from or settings.fork_from):
        return None
    from wandb_nb.tracking.online.server_lookup import ServerLookup  # other runs do without it

    return ServerLookup(settings, partial(report, settings))


def _with_anonymous_key(settings: Resolved) -> Resolved:
    """Return *settings* with the key of an anonymous account where they ask for one and the server gives it."""
    if settings.anonymous == "never":
        return settings
    from wandb_nb.tracking.online.anonymous_key import with_anonymous_key  # other runs do without it

    return with_anonymous_key(settings)


def _mode(settings: Resolved) -> tuple[str, str | None]:
    """Return the mode of the run, offline where online lacks a key, and the key if it is used."""
    if settings.mode not in ("online", "shared"):
        return settings.mode, None
    if (
        settings.anonymous == "must" and settings.source("api_key") != "anonymous account"
    ):  # not under the user's account
        return "offline", None
    key = _key(settings)
    if key is not None:
        return "online", key.text
    if settings.force:
        raise UsageError(
            "init(force=True) needs a key, and there is none on this machine: call login() or run 'wandb-nb login', "
            "or leave force out to run offline"
        )
    return "offline", None


def _key(settings: Resolved) -> Key | None:
    """Return the key for the server; a netrc file that cannot be read is reported, and training continues."""
    try:
        return find_key(settings)
    except StoreError as error:
        report(settings, f"the run is offline: {error}", "netrc")
        return None


def _identity(settings: Resolved, before: ResumeState | None, repository: git.GitState | None) -> RunIdentity:
    """Return the identity of the run, checked: the given values, else what its earlier part had."""
    old = before or ResumeState()
    label = run_names.check_label
    return RunIdentity(
        id=old.run_id or (run_names.check_id(settings.run_id) if settings.run_id else run_names.new_id()),
        name=label("name", settings.run_name) if settings.run_name else old.name,
        project=run_names.check_project(settings.project) if settings.project else old.project,
        entity=run_names.check_entity(settings.entity) if settings.entity else old.entity,
        group=label("group", settings.run_group) if settings.run_group else old.group,
        job_type=label("job_type", settings.run_job_type) if settings.run_job_type else old.job_type,
        notes=settings.run_notes or old.notes,
        tags=run_names.check_tags(settings.run_tags or old.tags),
        start_time=time.time(),
        host=settings.host or host_name(),
        git=repository,
        starting_step=old.next_step,
        resumed=before is not None and settings.fork_from is None,
        branch=old.branch,
        runtime=old.runtime,
        sweep_id=settings.sweep_id,
    )


def _git(settings: Resolved) -> git.GitState | None:
    """Return the Git state of the program's folder; commit and remote of the settings win."""
    if settings.disable_git:
        return None
    main = main_file()
    folder = settings.git_root or ((working_directory() / main).parent if main else working_directory())
    state = git.read(folder, settings.git_remote)
    if settings.git_commit is None and settings.git_remote_url is None:
        return state
    state = state or git.GitState(folder, None, None, None)
    remote = settings.git_remote_url
    return state._replace(
        commit=settings.git_commit or state.commit,
        remote=git.without_credentials(remote) if remote else state.remote,
    )


def _features(settings: Resolved, config: Mapping[str, Any]) -> FeatureUse:
    features = FeatureUse(enabled=settings.error_reporting)
    sources = {
        "resumed": settings.resume,
        "fork_mode": settings.fork_from,
        "rewind_mode": settings.resume_from,
        "set_init_name": settings.run_name,
        "set_init_id": settings.run_id,
        "set_init_tags": settings.run_tags,
        "set_init_config": config,
    }
    features.add(*(feature for feature, value in sources.items() if value))
    return features
