"""Which module of ours answers to which name below `wandb`.

The names are those that published programs import (wandb 0.12 to 0.31). A private path is here only because a program
needs it; that program stands beside it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

_MODULES = "wandb_nb.compat.modules"
_UNIMPLEMENTED = f"{_MODULES}.unimplemented_module"
_DATA_TYPES = f"{_MODULES}.data_types"
_ARTIFACTS = f"{_MODULES}.sdk_artifacts"
_INTEGRATIONS = (
    *("diffusers", "dspy", "fastai", "huggingface", "kfp", "langchain"),
    *("lightning", "metaflow", "openai", "prodigy", "sacred", "sagemaker"),
    *("tensorflow", "torch", "ultralytics", "yolov8"),
)
# Modules of their own until wandb 0.16, and what 14 of its example notebooks still import.
_OLDER_INTEGRATIONS = (*("fastai", "sacred", "tensorflow"),)
_CALLBACKS = ("catboost", "keras", "lightgbm", "sb3", "xgboost")
"""Libraries whose callbacks are below `wandb_nb.integration`."""

ALIASES: Final = {
    "wandb.apis": "wandb_nb.compat.public_apis",
    "wandb.apis.public": "wandb_nb.compat.public_apis",
    "wandb.data_types": _DATA_TYPES,
    "wandb.env": f"{_MODULES}.wandb_env",
    "wandb.errors": "wandb_nb.errors",
    "wandb.errors.term": f"{_MODULES}.term",
    "wandb.helper": f"{_MODULES}.helper",
    "wandb.integration": "wandb_nb.integration",
    **{f"wandb.integration.{name}": _UNIMPLEMENTED for name in _INTEGRATIONS},
    "wandb.integration.weave": f"{_MODULES}.weave_support",  # Weave
    "wandb.magic": "wandb_nb.autolog.import_switch",
    "wandb.plot": "wandb_nb.data.plots",
    "wandb.sdk": f"{_MODULES}.sdk",
    "wandb.sdk.artifacts": _ARTIFACTS,
    "wandb.sdk.artifacts.artifact": _ARTIFACTS,
    "wandb.sdk.artifacts.artifact_file_cache": _ARTIFACTS,
    "wandb.sdk.data_types": _DATA_TYPES,
    "wandb.sdk.data_types.base_types": _DATA_TYPES,
    "wandb.sdk.data_types.base_types.wb_value": _DATA_TYPES,  # Ray
    "wandb.sdk.data_types.image": _DATA_TYPES,  # Ray
    "wandb.sdk.data_types.trace_tree": _DATA_TYPES,  # LangChain
    "wandb.sdk.data_types.video": _DATA_TYPES,  # Ray, diffusion_policy
    "wandb.sdk.lib": f"{_MODULES}.sdk_lib",
    "wandb.sdk.lib.config_util": "wandb_nb.errors",  # Transformers catches its ConfigError
    "wandb.sdk.lib.disabled": f"{_MODULES}.sdk_lib",
    "wandb.sdk.lib.ipython": f"{_MODULES}.sdk_paths",  # Weave
    "wandb.sdk.lib.paths": f"{_MODULES}.sdk_paths",  # Weave
    "wandb.sdk.lib.printer": f"{_MODULES}.sdk_printer",  # lm-eval
    "wandb.sdk.lib.runid": f"{_MODULES}.util",  # gpt-neox
    "wandb.sdk.lib.telemetry": f"{_MODULES}.weave_support",  # Weave, callbacks of YOLO
    "wandb.sdk.wandb_artifacts": _ARTIFACTS,  # dalle-mini
    "wandb.sdk.wandb_config": "wandb_nb.tracking.config.config",  # SwanLab
    "wandb.sdk.wandb_init": f"{_MODULES}.wandb_init",
    "wandb.sdk.wandb_run": "wandb_nb.tracking.run",  # Optuna and Ray check isinstance against its Run
    "wandb.sdk.wandb_settings": "wandb_nb.settings",
    "wandb.sdk.wandb_summary": "wandb_nb.tracking.rows.summary",
    "wandb.gym": "wandb_nb.gym",
    "wandb.integration.gym": "wandb_nb.gym",
    "wandb.integration.tensorboard": "wandb_nb.tensorboard",
    "wandb.tensorboard": "wandb_nb.tensorboard",
    "wandb.integration.sklearn": "wandb_nb.sklearn_plots",
    "wandb.sklearn": "wandb_nb.sklearn_plots",
    "wandb.util": f"{_MODULES}.util",
    "wandb.wandb_run": "wandb_nb.tracking.run",  # Lightning, Megatron-LM
    **{f"wandb.{name}": _UNIMPLEMENTED for name in _OLDER_INTEGRATIONS},
    **{
        f"wandb.{parent}{name}": f"wandb_nb.integration.{name}"
        for parent in ("", "integration.")
        for name in _CALLBACKS
    },
}
# Attributes of wandb, and no modules below it.
_ATTRIBUTES = {"wandb.wandb_lib": "wandb.sdk.lib", "wandb.wandb_sdk": "wandb.sdk"}


def submodule(parent: str, name: str) -> ModuleType:
    """Return the module of ours behind `<parent>.<name>`, whether the alias is on or not.

    Raises:
        AttributeError: There is no such module in the table.

    """
    path = f"{parent}.{name}"
    target = ALIASES.get(_ATTRIBUTES.get(path, path))
    if target is None:
        raise AttributeError(f"module {parent!r} has no attribute {name!r}")
    return importlib.import_module(target)
