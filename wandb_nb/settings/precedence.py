"""Combination of all sources of settings into one `Resolved`, by precedence.

Low to high: defaults, needs of the host, the user's file, the workspace's file, the environment, `wandb.setup()`,
`init(settings=)`, the arguments of `init()`. The environment and the files are read at every call, since programs set
`WANDB_*` variables after the import.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.errors import UsageError
from wandb_nb.settings import settings_files
from wandb_nb.settings.fields import BY_VARIABLE
from wandb_nb.settings.model import USER_FILE, WORKSPACE_FILE, Layer, Resolved, Settings, Sourced, find
from wandb_nb.surroundings import working_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "WANDB_"
# Variables of other components and programs, which are not misspelled settings.
_NO_SETTINGS = ("WANDB_NB_", "WANDB_SERVICE", "WANDB_AGENT_", "WANDB_CORE_")
_RESUME_WORDS = frozenset({"allow", "must", "never", "auto"})


def resolve(
    arguments: Mapping[str, Any],
    settings: Settings | Mapping[str, Any] | None = None,
    setup: Settings | Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
) -> Resolved:
    """Return the settings of a run started now with these *arguments* of `init()`.

    The names of *arguments* are those of `init()` or of settings; None means not given. *settings* is the argument
    `init(settings=)`, *setup* the settings of `wandb.setup()`. `root_dir` of the result is absolute.

    Raises:
        SettingsError: A name is unknown or a value invalid; the message names the source.
        UsageError: Values exclude each other; the message names the sources.

    """
    folder = Path(cwd) if cwd is not None else working_directory()
    environment = from_environment(os.environ if environ is None else environ)
    upper = {
        **environment.values,
        **_from_settings(setup, "setup()"),
        **_from_settings(settings, "init(settings=)"),
        **_from_arguments(arguments),
    }
    user = settings_files.read(settings_files.user_file(_value(upper, "config_dir")), USER_FILE)
    lower = {**_from_host(), **user.values}
    root = folder / (_value({**lower, **upper}, "root_dir") or "")
    workspace = settings_files.read(settings_files.workspace_file(root), WORKSPACE_FILE)
    values = {**lower, **workspace.values, **upper}
    values["root_dir"] = Sourced(root, values["root_dir"].source if "root_dir" in values else "working directory")
    _resolve_resume(values)
    return Resolved(values, (*user.ignored, *workspace.ignored, *environment.ignored))


def from_environment(environ: Mapping[str, str]) -> settings_files.FileSettings:
    """Return the settings in *environ*. An empty variable counts as not set."""
    names = [name for name in environ if name.startswith(_PREFIX)]
    variables = sorted((name for name in names if name in BY_VARIABLE), key=_rank)
    values: Layer = {}
    for name in variables:
        if text := environ[name].strip():
            field = BY_VARIABLE[name]
            value = field.parse(text, f"environment {name}", text=True)
            values[field.name] = Sourced(value, f"environment {name}")
    unknown = (name for name in names if name not in BY_VARIABLE and not name.startswith(_NO_SETTINGS))
    return settings_files.FileSettings(values, tuple(f"{name} (environment)" for name in sorted(unknown)))


def _rank(variable: str) -> int:
    # Of two variables for one setting the documented one, which comes first, is read last and takes precedence.
    return -BY_VARIABLE[variable].env.index(variable)


def _from_host() -> Layer:
    if host.kind() == "colab":
        return {"start_method": Sourced("thread", "Colab")}
    return {}


def _from_settings(settings: Settings | Mapping[str, Any] | None, source: str) -> Layer:
    if settings is None:
        return {}
    if not isinstance(settings, Settings):
        settings = Settings(**settings)
    return {name: Sourced(value, source) for name, value in settings.as_dict().items()}


def _from_arguments(arguments: Mapping[str, Any]) -> Layer:
    values: Layer = {}
    for name, value in arguments.items():
        if value is not None:
            source = f"init({name}=)"
            field = find(name, source)
            values[field.name] = Sourced(field.parse(value, source), source)
    return values


def _value(values: Layer, name: str) -> Any:
    return values[name].value if name in values else None


def _resolve_resume(values: Layer) -> None:
    """Turn `resume="<id>"` and `resume_from` into a run id, and refuse contradictory settings."""
    resuming = {
        name: values[name] for name in ("resume", "resume_from", "fork_from") if _value(values, name) is not None
    }
    if len(resuming) > 1:
        listed = ", ".join(f"{name} from {entry.source}" for name, entry in resuming.items())
        raise UsageError(f"give only one of resume, resume_from and fork_from, not {listed}")
    for name, (value, source) in resuming.items():
        if name == "resume_from":
            _set_run_id(values, name, value.run_id, source)
        elif name == "resume" and value not in _RESUME_WORDS:
            _set_run_id(values, name, value, source)
            values["resume"] = Sourced("allow", source)
        elif name == "fork_from" and value.run_id == _value(values, "run_id"):
            raise UsageError(f"fork_from names the run {value.run_id!r} itself; give the new run another id")


def _set_run_id(values: Layer, name: str, run_id: str, source: str) -> None:
    present = _value(values, "run_id")
    if present not in (None, run_id):
        other = values["run_id"].source
        raise UsageError(f"{name} names the run {run_id!r}, but {other} gives the id {present!r}; give one of them")
    values.setdefault("run_id", Sourced(run_id, source))
