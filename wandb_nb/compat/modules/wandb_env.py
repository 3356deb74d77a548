"""`wandb.env`: the names of the environment variables, and the few functions around them that programs call."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

AGENT_DISABLE_FLAPPING: Final = "WANDB_AGENT_DISABLE_FLAPPING"
AGENT_KILL_DELAY: Final = "WANDB_AGENT_KILL_DELAY"
AGENT_MAX_INITIAL_FAILURES: Final = "WANDB_AGENT_MAX_INITIAL_FAILURES"
AGENT_REPORT_INTERVAL: Final = "WANDB_AGENT_REPORT_INTERVAL"
ANONYMOUS: Final = "WANDB_ANONYMOUS"
API_KEY: Final = "WANDB_API_KEY"
APP_URL: Final = "WANDB_APP_URL"
ARGS: Final = "WANDB_ARGS"
ARTIFACT_DIR: Final = "WANDB_ARTIFACT_DIR"
BASE_URL: Final = "WANDB_BASE_URL"
CACHE_DIR: Final = "WANDB_CACHE_DIR"
CONFIG_DIR: Final = "WANDB_CONFIG_DIR"
CONFIG_PATHS: Final = "WANDB_CONFIG_PATHS"
CREDENTIALS_FILE: Final = "WANDB_CREDENTIALS_FILE"
DATA_DIR: Final = "WANDB_DATA_DIR"
DEBUG: Final = "WANDB_DEBUG"
DESCRIPTION: Final = "WANDB_DESCRIPTION"
DIR: Final = "WANDB_DIR"
DISABLE_CODE: Final = "WANDB_DISABLE_CODE"
DISABLE_GIT: Final = "WANDB_DISABLE_GIT"
DOCKER: Final = "WANDB_DOCKER"
ENTITY: Final = "WANDB_ENTITY"
ERROR_REPORTING: Final = "WANDB_ERROR_REPORTING"
FILE_PUSHER_TIMEOUT: Final = "WANDB_FILE_PUSHER_TIMEOUT"
GIT_COMMIT: Final = "WANDB_GIT_COMMIT"
GIT_REMOTE_URL: Final = "WANDB_GIT_REMOTE_URL"
GIT_ROOT: Final = "WANDB_GIT_ROOT"
HOST: Final = "WANDB_HOST"
HTTP_TIMEOUT: Final = "WANDB_HTTP_TIMEOUT"
IDENTITY_TOKEN_FILE: Final = "WANDB_IDENTITY_TOKEN_FILE"  # noqa: S105 -- a name, not a token
INIT_TIMEOUT: Final = "WANDB_INIT_TIMEOUT"
JUPYTER: Final = "WANDB_JUPYTER"
JOB_TYPE: Final = "WANDB_JOB_TYPE"
MAGIC: Final = "WANDB_MAGIC"
MODE: Final = "WANDB_MODE"
NAME: Final = "WANDB_NAME"
NOTEBOOK_NAME: Final = "WANDB_NOTEBOOK_NAME"
NOTES: Final = "WANDB_NOTES"
ORGANIZATION: Final = "WANDB_ORGANIZATION"
PROGRAM: Final = "WANDB_PROGRAM"
PROJECT: Final = "WANDB_PROJECT"
QUIET: Final = "WANDB_QUIET"
RESUME: Final = "WANDB_RESUME"
RUN_DIR: Final = "WANDB_RUN_DIR"
RUN_GROUP: Final = "WANDB_RUN_GROUP"
RUN_STORAGE_ID: Final = "WANDB_RUN_STORAGE_ID"
RUN_ID: Final = "WANDB_RUN_ID"
SAVE_CODE: Final = "WANDB_SAVE_CODE"
SERVICE: Final = "WANDB_SERVICE"
SHOW_RUN: Final = "WANDB_SHOW_RUN"
SILENT: Final = "WANDB_SILENT"
START_METHOD: Final = "WANDB_START_METHOD"
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


def is_offline(env: MutableMapping[str, str] | None = None) -> bool:
    """Return whether the environment asks for offline runs."""
    return _environment(env).get(MODE) in ("offline", "dryrun")


def is_silent(env: MutableMapping[str, str] | None = None) -> bool:
    """Return whether the environment asks for no output."""
    return _is_true(SILENT, env)


def is_quiet(env: MutableMapping[str, str] | None = None) -> bool:
    """Return whether the environment asks for little output."""
    return _is_true(QUIET, env)


def is_debug(default: str | None = None, env: MutableMapping[str, str] | None = None) -> bool:
    """Return whether the environment, or else *default*, asks for verbose logs."""
    return _is_true(DEBUG, env, default)


def _is_true(variable: str, env: MutableMapping[str, str] | None, default: str | None = None) -> bool:
    return (_environment(env).get(variable, default) or "").strip().lower() in ("1", "true", "yes", "on", "t", "y")


def _reader(variable: str) -> Callable[..., str | None]:
    """Return the function that reads *variable*."""

    def read(default: str | None = None, env: MutableMapping[str, str] | None = None) -> str | None:
        return _environment(env).get(variable, default)

    read.__doc__ = f"Return {variable} of *env* or the process's environment, or *default*."
    return read


def _environment(env: MutableMapping[str, str] | None) -> MutableMapping[str, str]:
    return os.environ if env is None else env


get_app_url = _reader(APP_URL)
get_artifact_dir = _reader(ARTIFACT_DIR)
get_base_url = _reader(BASE_URL)
get_cache_dir = _reader(CACHE_DIR)
get_data_dir = _reader(DATA_DIR)
get_description = _reader(DESCRIPTION)
get_dir = _reader(DIR)
get_docker = _reader(DOCKER)
get_entity = _reader(ENTITY)
get_organization = _reader(ORGANIZATION)
get_project = _reader(PROJECT)
get_run = _reader(RUN_ID)
get_user_email = _reader(USER_EMAIL)
get_username = _reader(USERNAME)
