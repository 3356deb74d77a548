"""The public calls: the documented `init()`, and module-level functions that act on the active run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.errors import NoRunError
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.start.init import init as start_run
from wandb_nb.tracking.terminal.presenter import presenter
from wandb_nb.tracking.unimplemented import TYPES, Swallowed, refuse

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from io import TextIOWrapper

    import pandas as pd

    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.settings import Settings
    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.session.alerts import AlertLevel, Wait


def init(  # noqa: PLR0917 -- the documented signature
    job_type: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 -- the documented name
    config: Any = None,
    project: str | None = None,
    entity: str | None = None,
    reinit: bool | str | None = None,
    tags: str | Sequence[str] | None = None,
    group: str | None = None,
    name: str | None = None,
    notes: str | None = None,
    magic: bool | str | Mapping[str, Any] | None = None,
    config_exclude_keys: Iterable[str] | None = None,
    config_include_keys: Iterable[str] | None = None,
    anonymous: str | None = None,
    mode: str | None = None,
    allow_val_change: bool | None = None,
    resume: bool | str | None = None,
    force: bool | None = None,
    tensorboard: bool | None = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    save_code: bool | None = None,
    id: str | None = None,  # noqa: A002 -- the documented name
    settings: Settings | Mapping[str, Any] | None = None,
    *,
    resume_from: str | None = None,
    fork_from: str | None = None,
    rerun: str | None = None,
    **unknown: Any,
) -> Run:
    """Start a run and return it; `wandb_nb.run` is that very object.

    Everything is stored under `<dir>/wandb/`, in its own folder; rows are on disk when `log()` returns. The run
    finishes with `finish()`, at the end of a `with` block, or automatically when the interpreter ends.

    Args:
        job_type: Kind of job: train, eval, worker …
        dir: Parent of the `wandb` folder; the working directory by default.
        config: Inputs of the run: a dict, an argparse namespace, absl flags, a dataclass or other object, or the
            name of a YAML or JSON file.
        project: Project of the run; `uncategorized` by default.
        entity: User or team that owns it.
        reinit: What to do while a run is active: "return_previous" (False; the default in scripts),
            "finish_previous" (True; the default in notebooks), or "create_new", which leaves `wandb_nb.run` alone.
        tags: Labels; a single string is one label.
        group: Experiment that groups runs.
        name: Display name; two words and a number by default.
        notes: Longer description.
        magic: Record what scikit-learn, XGBoost, LightGBM and Keras train: true, or options as a dict or text.
        config_exclude_keys: Keys of *config* to leave out.
        config_include_keys: Keys of *config* to take, and no others.
        anonymous: "never", "allow" or "must": whether to run without an account.
        mode: "online", "offline", "disabled", which accepts every call and stores nothing, or "shared": processes that
            give the same id log to one run.
        allow_val_change: Whether config keys may change once they are set; by default in notebooks only.
        resume: "allow", "must", "never", "auto" (True): whether to continue the run of this *id*.
        force: Whether not being logged in is an error.
        tensorboard: Older name of *sync_tensorboard*.
        sync_tensorboard: Record what is written for TensorBoard, by any writer, and keep the event files.
        monitor_gym: Log the videos that recorders of gym and gymnasium make.
        save_code: Whether the code is saved with the run.
        id: Id of the run, unique in its project.
        settings: A `Settings` or a dict; arguments take precedence.
        resume_from: "id?_step=N": rewind that run to a step and continue it.
        fork_from: "id?_step=N": branch from that run.
        rerun: What executing this notebook cell again does: "new" starts a new run, "resume" adds an attempt to the
            same run (drawn as its own line), "replace" starts the same run over (the earlier one stays on disk and is
            no longer listed). Ignored where an id or a run to continue is given.
        **unknown: Not accepted; any other name raises TypeError.

    Raises:
        TypeError: An argument does not exist.
        UsageError: An argument is not possible, or not together with another.
        ConfigError: Config cannot hold a key or value.
        StoreError: No run file can be made.
        LaunchError: The server does not permit the run; NotLoggedInError if it does not accept the key.
        CommError: The server does not answer in time, or refuses the run for another reason, where online mode was
            requested explicitly.
        InitStartError: The sync process does not start.

    """
    arguments = dict(locals())
    _reject_unknown(arguments.pop("unknown"), arguments)
    arguments.pop("config"), arguments.pop("settings")
    _attach_notebook()
    return start_run(config, settings, arguments)


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None) -> None:
    """Store one row in the active run; see `Run.log`."""
    _active_run("log()").log(data, step, commit, sync)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """Finish the active run; without one, do nothing. See `Run.finish`."""
    run = active_runs.current()
    if run is not None:
        run.finish(exit_code, quiet)


def define_metric(  # noqa: PLR0917 -- the documented signature
    name: str,
    step_metric: str | None = None,
    step_sync: bool | None = None,
    hidden: bool | None = None,
    summary: str | None = None,
    goal: str | None = None,
    overwrite: bool | None = None,
) -> Metric:
    """Define how a metric of the active run is drawn and summarised; see `Run.define_metric`."""
    run = _active_run("define_metric()")
    return run.define_metric(name, step_metric, step_sync, hidden, summary, goal, overwrite)


def mark_preempting() -> None:
    """Record that the machine of the active run is about to be taken away."""
    _active_run("mark_preempting()").mark_preempting()


def alert(title: str, text: str, level: AlertLevel | str | None = None, wait_duration: Wait | None = None) -> None:
    """Have the server send the user a message about the active run; see `Run.alert`."""
    _active_run("alert()").alert(title, text, level, wait_duration)


def save(
    glob_str: str | os.PathLike[str] | None = None,
    base_path: str | os.PathLike[str] | None = None,
    policy: str = "live",
    glob: bool = True,
) -> list[str]:
    """Add files to the active run; see `Run.save`."""
    return _active_run("save()").save(glob_str, base_path, policy, glob)


def pin_config_keys(keys: Iterable[str]) -> None:
    """Accept *keys*; see `Run.pin_config_keys`."""
    _active_run("pin_config_keys()").pin_config_keys(keys)


def restore(
    name: str,
    run_path: str | None = None,
    replace: bool = False,
    root: str | os.PathLike[str] | None = None,
) -> TextIOWrapper | None:
    """Return a file of the active run, or of the run *run_path*, open for reading; see `Run.restore`."""
    return _active_run("restore()").restore(name, run_path, replace, root)


def log_artifact(
    artifact_or_path: Artifact | str | os.PathLike[str],
    name: str | None = None,
    type: str | None = None,  # noqa: A002 -- the documented name
    aliases: str | Iterable[str] | None = None,
    tags: str | Iterable[str] | None = None,
) -> Artifact:
    """Log an artifact in the active run, and return it; see `Run.log_artifact`."""
    return _active_run("log_artifact()").log_artifact(artifact_or_path, name, type, aliases, tags)


def use_artifact(
    artifact_or_name: Artifact | str,
    type: str | None = None,  # noqa: A002 -- the documented name
    aliases: str | Iterable[str] | None = None,
    use_as: str | None = None,
) -> Artifact:
    """Mark an artifact as an input of the active run, and return it; see `Run.use_artifact`."""
    return _active_run("use_artifact()").use_artifact(artifact_or_name, type, aliases, use_as)


def log_model(
    path: str | os.PathLike[str], name: str | None = None, aliases: str | Iterable[str] | None = None
) -> None:
    """Log a file or folder as a model in the active run; see `Run.log_model`."""
    _active_run("log_model()").log_model(path, name, aliases)


def upsert_artifact(
    artifact_or_path: Artifact | str | os.PathLike[str],
    name: str | None = None,
    type: str | None = None,  # noqa: A002 -- the documented name
    aliases: str | Iterable[str] | None = None,
    distributed_id: str | None = None,
) -> Artifact:
    """Add files to a version that several runs write; see `Run.upsert_artifact`."""
    return _active_run("upsert_artifact()").upsert_artifact(artifact_or_path, name, type, aliases, distributed_id)


def finish_artifact(
    artifact_or_path: Artifact | str | os.PathLike[str],
    name: str | None = None,
    type: str | None = None,  # noqa: A002 -- the documented name
    aliases: str | Iterable[str] | None = None,
    distributed_id: str | None = None,
) -> Artifact:
    """Complete a version that several runs write; see `Run.finish_artifact`."""
    return _active_run("finish_artifact()").finish_artifact(artifact_or_path, name, type, aliases, distributed_id)


def use_model(name: str) -> str:
    """Mark a model as an input of the active run, and return where it is; see `Run.use_model`."""
    return _active_run("use_model()").use_model(name)


def link_artifact(artifact: Artifact, target_path: str, aliases: str | Iterable[str] | None = None) -> Artifact:
    """Make an artifact a version of another collection, too; see `Run.link_artifact`."""
    return _active_run("link_artifact()").link_artifact(artifact, target_path, aliases)


def link_model(
    path: str | os.PathLike[str],
    registered_model_name: str,
    name: str | None = None,
    aliases: str | Iterable[str] | None = None,
) -> Artifact:
    """Log a file or folder as a model and link it to a collection; see `Run.link_model`."""
    return _active_run("link_model()").link_model(path, registered_model_name, name, aliases)


def watch(  # noqa: PLR0917 -- the documented signature
    models: Any,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> tuple[Any, ...]:
    """Log gradients and parameters of torch *models* in the active run; see `Run.watch`."""
    return _active_run("watch()").watch(models, criterion, log, log_freq, idx, log_graph)


def unwatch(models: Any = None) -> None:
    """Undo `watch()`; see `Run.unwatch`."""
    _active_run("unwatch()").unwatch(models)


def unimplemented(name: str) -> Any:
    """Return a stand-in for the documented *name*: ignored in disabled mode, else a call raises UsageError."""
    if name in TYPES:
        from wandb_nb.tracking.unimplemented_types import unimplemented_type  # most programs ask for none

        return unimplemented_type(name)
    run = active_runs.current()
    if run is None:
        return refuse(f"{name}()")
    return Swallowed() if run.disabled else refuse(f"{name}()")


def read(ref: str | os.PathLike[str] = "latest") -> pd.DataFrame:
    """Return the rows of a run as a pandas frame; *ref* is a path, an id, a name or "latest".

    The frame has one row per logged row, with `_step`, `_runtime` (seconds), `_timestamp` (unix seconds) and the
    metrics in the order of their first appearance; `.attrs` has id, name, project, config and summary. Active runs and
    damaged files are read as far as possible. Media are the JSON of their row with a method `load()`, which returns a
    PIL image, a data frame and so on.

    Raises:
        RunNotFoundError: There is no such run; the message lists similar names.

    """
    from wandb_nb.data.stored_media import read as read_frame  # pandas takes long to import

    return read_frame(ref)


class ActiveRunProxy:
    """`wandb_nb.config` and `wandb_nb.summary` before `init()`: forwards to the active run once there is one."""

    __slots__ = ("_attribute",)

    def __init__(self, attribute: str) -> None:
        object.__setattr__(self, "_attribute", attribute)

    def _target(self) -> Any:
        return getattr(_active_run(self._attribute), self._attribute)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._target(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._target(), name, value)

    def __getitem__(self, key: str) -> Any:
        return self._target()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._target()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._target()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._target()

    def __iter__(self) -> Iterator[str]:
        return iter(self._target())

    def __len__(self) -> int:
        return len(self._target())

    def __repr__(self) -> str:
        run = active_runs.current()
        return f"<{self._attribute} of the active run: none before init()>" if run is None else repr(self._target())


def active_attribute(attribute: str) -> Any:
    """Return *attribute* of the active run, or a proxy until there is one."""
    run = active_runs.current()
    return ActiveRunProxy(attribute) if run is None else getattr(run, attribute)


def _active_run(what: str) -> Run:
    run = active_runs.current()
    if run is None:
        raise NoRunError(f"{what} needs an active run; call init() first")
    return run


def _reject_unknown(unknown: Mapping[str, Any], accepted: Mapping[str, Any]) -> None:
    """Raise a TypeError that names the first unknown argument and the most similar one that exists."""
    for name in unknown:
        from difflib import get_close_matches  # only for the error

        near = get_close_matches(name, accepted, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise TypeError(f"init() got an unexpected keyword argument {name!r}{hint}")


def _attach_notebook() -> None:
    """Show runs under their cells in a notebook; a failure there costs the display, never the run."""
    if not host.in_notebook():
        return
    try:
        from wandb_nb.notebook import attach  # needs IPython, which a notebook has loaded

        attach()
    except Exception as error:  # noqa: BLE001 -- the notebook is never hurt
        presenter().notice(f"the notebook view is not available ({type(error).__name__}: {error})", key="attach")
