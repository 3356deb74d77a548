"""The experiment tracker made for notebooks: the documented `wandb.init()` system, without an account.

`import wandb_nb as wandb`, then `wandb.init(project=...)`, `wandb.log({...})`, `wandb.finish()`; in a notebook
`%load_ext wandb_nb` brings `%wandb init`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb import _version
from wandb_nb._api import (
    active_attribute,
    alert,
    define_metric,
    finish,
    finish_artifact,
    init,
    link_artifact,
    link_model,
    log,
    log_artifact,
    log_model,
    mark_preempting,
    pin_config_keys,
    read,
    restore,
    save,
    unimplemented,
    unwatch,
    upsert_artifact,
    use_artifact,
    use_model,
    watch,
)
from wandb_nb.errors import (
    ArtifactError,
    ArtifactNotFoundError,
    ArtifactStateError,
    AuthenticationError,
    CommError,
    ConfigError,
    ConfigTypeError,
    Error,
    InitStartError,
    LaunchError,
    MediaError,
    NoRunError,
    NotLoggedInError,
    RowError,
    RowTypeError,
    RunFinishedError,
    RunNotFoundError,
    SettingsError,
    StoreError,
    UnsupportedError,
    UsageError,
)
from wandb_nb.settings import Settings
from wandb_nb.tracking.config.config import Config
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.rows.summary import Summary
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.session.alerts import AlertLevel
from wandb_nb.tracking.setup import setup
from wandb_nb.tracking.unimplemented import CALLS, TYPES

if TYPE_CHECKING:
    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.artifacts.artifact_metadata import ArtifactTTL
    from wandb_nb.compat.install import install_as_wandb, uninstall_as_wandb
    from wandb_nb.compat.modules.account import api, ensure_configured, sagemaker_auth
    from wandb_nb.compat.modules.lifecycle import join, require, teardown
    from wandb_nb.compat.modules.term import termerror, termlog, termwarn
    from wandb_nb.data.files.audio import Audio
    from wandb_nb.data.files.figures import Plotly
    from wandb_nb.data.files.graph import Graph
    from wandb_nb.data.files.html import Html
    from wandb_nb.data.files.molecule import Molecule
    from wandb_nb.data.files.object3d import Object3D, box3d
    from wandb_nb.data.files.video import Video
    from wandb_nb.data.histogram import Histogram
    from wandb_nb.data.images.classes import Classes
    from wandb_nb.data.images.image import Image
    from wandb_nb.data.plots.custom_chart import plot_table, visualize
    from wandb_nb.data.tables.linked_tables import JoinedTable
    from wandb_nb.data.tables.table import Table
    from wandb_nb.public_api.api_entry import Api
    from wandb_nb.tracking.login.login import login
    from wandb_nb.tracking.start.attach import attach

    __version__: str
    config: Config
    run: Run | None
    summary: Summary

__all__ = [
    "AlertLevel",
    "Api",
    "Artifact",
    "ArtifactError",
    "ArtifactNotFoundError",
    "ArtifactStateError",
    "ArtifactTTL",
    "Audio",
    "AuthenticationError",
    "Classes",
    "CommError",
    "Config",
    "ConfigError",
    "ConfigTypeError",
    "Error",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "InitStartError",
    "JoinedTable",
    "LaunchError",
    "MediaError",
    "Molecule",
    "NoRunError",
    "NotLoggedInError",
    "Object3D",
    "Plotly",
    "RowError",
    "RowTypeError",
    "Run",
    "RunFinishedError",
    "RunNotFoundError",
    "Settings",
    "SettingsError",
    "StoreError",
    "Summary",
    "Table",
    "UnsupportedError",
    "UsageError",
    "Video",
    "__version__",
    "alert",
    "api",
    "attach",
    "box3d",
    "config",
    "define_metric",
    "ensure_configured",
    "finish",
    "finish_artifact",
    "init",
    "install_as_wandb",
    "join",
    "link_artifact",
    "link_model",
    "log",
    "log_artifact",
    "log_model",
    "login",
    "mark_preempting",
    "pin_config_keys",
    "plot_table",
    "read",
    "require",
    "restore",
    "run",
    "sagemaker_auth",
    "save",
    "setup",
    "summary",
    "teardown",
    "termerror",
    "termlog",
    "termwarn",
    "uninstall_as_wandb",
    "unwatch",
    "upsert_artifact",
    "use_artifact",
    "use_model",
    "visualize",
    "watch",
]


_LAZY = {
    "Api": "wandb_nb.public_api.api_entry",
    "PublicApi": "wandb_nb.compat.public_apis",
    "Artifact": "wandb_nb.artifacts.artifact",
    "ArtifactTTL": "wandb_nb.artifacts.artifact_metadata",
    "Audio": "wandb_nb.data.files.audio",
    "BatchableMedia": "wandb_nb.data.media_value",
    "Bokeh": "wandb_nb.data.files.figures",
    "BoundingBoxes2D": "wandb_nb.data.images.annotations",
    "Classes": "wandb_nb.data.images.classes",
    "Graph": "wandb_nb.data.files.graph",
    "Histogram": "wandb_nb.data.histogram",
    "Html": "wandb_nb.data.files.html",
    "Image": "wandb_nb.data.images.image",
    "ImageMask": "wandb_nb.data.images.annotations",
    "JoinedTable": "wandb_nb.data.tables.linked_tables",
    "Media": "wandb_nb.data.media_value",
    "Molecule": "wandb_nb.data.files.molecule",
    "Node": "wandb_nb.data.files.graph",
    "Object3D": "wandb_nb.data.files.object3d",
    "PartitionedTable": "wandb_nb.data.tables.linked_tables",
    "Plotly": "wandb_nb.data.files.figures",
    "Table": "wandb_nb.data.tables.table",
    "Video": "wandb_nb.data.files.video",
    "WBValue": "wandb_nb.data.media_value",
    "_attach": "wandb_nb.tracking.start.attach",  # the name in Lightning
    "api": "wandb_nb.compat.modules.account",
    "attach": "wandb_nb.tracking.start.attach",
    "box3d": "wandb_nb.data.files.object3d",
    "ensure_configured": "wandb_nb.compat.modules.account",
    "install_as_wandb": "wandb_nb.compat.install",
    "join": "wandb_nb.compat.modules.lifecycle",
    "load_ipython_extension": "wandb_nb.notebook.ipython_extension",
    "login": "wandb_nb.tracking.login.login",
    "patched": "wandb_nb.compat.modules.lifecycle",
    "plot_table": "wandb_nb.data.plots.custom_chart",
    "require": "wandb_nb.compat.modules.lifecycle",
    "sagemaker_auth": "wandb_nb.compat.modules.account",
    "teardown": "wandb_nb.compat.modules.lifecycle",
    "termerror": "wandb_nb.compat.modules.term",
    "termlog": "wandb_nb.compat.modules.term",
    "termwarn": "wandb_nb.compat.modules.term",
    "uninstall_as_wandb": "wandb_nb.compat.install",
    "unload_ipython_extension": "wandb_nb.notebook.ipython_extension",
    "visualize": "wandb_nb.data.plots.custom_chart",
}
"""Names whose modules are loaded only when somebody asks for them."""


def __getattr__(name: str) -> Any:
    """Return what follows the active run, and what few programs ask for, which is loaded only then."""
    if name == "run":
        return active_runs.current()
    if name in ("config", "summary"):
        return active_attribute(name)
    if name in CALLS or name in TYPES:
        return unimplemented(name)
    if name == "__version__":
        return _shown_version()
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name.removeprefix("_"))
    return import_module("wandb_nb.compat.alias_table").submodule("wandb", name)


def _shown_version() -> str:
    """Return our version, or that of wandb which programs check while `import wandb` gives this package."""
    finder = sys.modules.get("wandb_nb.compat.alias_finder")
    return _version.__version__ if finder is None or finder.installed_finder() is None else str(finder.WANDB_VERSION)


def __dir__() -> list[str]:
    return __all__
