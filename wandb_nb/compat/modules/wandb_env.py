"""`wandb.env`: the names of the environment variables, and the few functions around them that programs call."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import MutableMapping

AGENT_DISABLE_FLAPPING: Final = "WANDB_AGENT_DISABLE_FLAPPING"
ANONYMOUS: Final = "WANDB_ANONYMOUS"
API_KEY: Final = "WANDB_API_KEY"
ARGS: Final = "WANDB_ARGS"
ARTIFACT_DIR: Final = "WANDB_ARTIFACT_DIR"
BASE_URL: Final = "WANDB_BASE_URL"
CACHE_DIR: Final = "WANDB_CACHE_DIR"
CONFIG_DIR: Final = "WANDB_CONFIG_DIR"
CONFIG_PATHS: Final = "WANDB_CONFIG_PATHS"
DATA_DIR: Final = "WANDB_DATA_DIR"
DEBUG: Final = "WANDB_DEBUG"
DESCRIPTION: Final = "WANDB_DESCRIPTION"
DIR: Final = "WANDB_DIR"
DISABLE_CODE: Final = "WANDB_DISABLE_CODE"
DISABLE_GIT: Final = "WANDB_DISABLE_GIT"
DOCKER: Final = "WANDB_DOCKER"
ENTITY: Final = "WANDB_ENTITY"
ERROR_REPORTING: Final = "WANDB_ERROR_REPORTING"
GIT_COMMIT: Final = "WANDB_GIT_COMMIT"
GIT_REMOTE_URL: Final = "WANDB_GIT_REMOTE_URL"
GIT_ROOT: Final = "WANDB_GIT_ROOT"
HOST: Final = "WANDB_HOST"
HTTP_TIMEOUT: Final = "WANDB_HTTP_TIMEOUT"
INIT_TIMEOUT: Final = "WANDB_INIT_TIMEOUT"
JOB_TYPE: Final = "WANDB_JOB_TYPE"
MAGIC: Final = "WANDB_MAGIC"
MODE: Final = "WANDB_MODE"
NAME: Final = "WANDB_NAME"
NOTEBOOK_NAME: Final = "WANDB_NOTEBOOK_NAME"
NOTES: Final = "WANDB_NOTES"
PROGRAM: Final = "WANDB_PROGRAM"
PROJECT: Final = "WANDB_PROJECT"
QUIET: Final = "WANDB_QUIET"
RESUME: Final = "WANDB_RESUME"
RUN_DIR: Final = "WANDB_RUN_DIR"
RUN_GROUP: Final = "WANDB_RUN_GROUP"
RUN_ID: Final = "WANDB_RUN_ID"
SAVE_CODE: Final = "WANDB_SAVE_CODE"
SERVICE: Final = "WANDB_SERVICE"
SHOW_RUN: Final = "WANDB_SHOW_RUN"
SILENT: Final = "WANDB_SILENT"
SWEEP_ID: Final = "WANDB_SWEEP_ID"
SWEEP_PARAM_PATH: Final = "WANDB_SWEEP_PARAM_PATH"
TAGS: Final = "WANDB_TAGS"
USERNAME: Final = "WANDB_USERNAME"
USER_EMAIL: Final = "WANDB_USER_EMAIL"
DISABLE_SSL: Final = "WANDB_INSECURE_DISABLE_SSL"
IGNORE: Final = "WANDB_IGNORE_GLOBS"


def set_project(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Set the project of later runs, in *env* or the process's environment (Transformers)."""
    _environment(env)[PROJECT] = value


def set_entity(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Set the entity of later runs, in *env* or the process's environment (Transformers)."""
    _environment(env)[ENTITY] = value


def get_project(default: str | None = None, env: MutableMapping[str, str] | None = None) -> str | None:
    """Return the project that the environment names, or *default*."""
    return _environment(env).get(PROJECT, default)


def get_entity(default: str | None = None, env: MutableMapping[str, str] | None = None) -> str | None:
    """Return the entity that the environment names, or *default*."""
    return _environment(env).get(ENTITY, default)


def is_offline(env: MutableMapping[str, str] | None = None) -> bool:
    """Return whether the environment asks for offline runs."""
    return _environment(env).get(MODE) in ("offline", "dryrun")


def _environment(env: MutableMapping[str, str] | None) -> MutableMapping[str, str]:
    return os.environ if env is None else env
