"""Where `Artifact.download()` puts files that are not given a folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from wandb_nb.settings import resolve
from wandb_nb.surroundings import working_directory

FOLDER_NAME = "artifacts"


def default_root() -> Path:
    """Return the folder: the setting `artifact_dir`, else `artifacts` below the `dir` of the active run, or here."""
    run = import_module("wandb_nb.tracking.process.active_runs").current()  # by its name: it is in a higher layer
    settings = resolve({}) if run is None else run.settings
    if settings.artifact_dir is not None:
        return working_directory() / settings.artifact_dir
    has_folder = run is not None and settings.source("root_dir") != "working directory"
    return (Path(settings.root_dir) if has_folder else working_directory()) / FOLDER_NAME
