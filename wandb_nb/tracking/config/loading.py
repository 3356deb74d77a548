"""Sources of config: dicts, argument parsers, objects, YAML and JSON files.

From lowest to highest precedence: `config-defaults.yaml` in the working directory, the files of `config_paths`,
`init(config=)`. A file holds plain entries (`lr: 0.1`), described ones (`lr: {value: 0.1, desc: ...}`), or both.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import ConfigError, ConfigTypeError, UsageError
from wandb_nb.surroundings import expanded, is_file, working_directory
from wandb_nb.tracking.config.object_fields import attributes_of, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULTS_FILE = "config-defaults.yaml"
_VERSION_KEY = "wandb_version"
_OWN_KEY = "_wandb"
_FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType)


def load(
    config: Any = None,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    paths: Iterable[Path | str] = (),
    cwd: Path | str | None = None,
) -> dict[str, Any]:
    """Return the config that a run starts with, from *config* and the files, as given (not yet JSON values).

    *include* takes only these keys of *config*, *exclude* all but these. A name of a file is looked up in *cwd*.

    Raises:
        UsageError: Both *include* and *exclude* are given.
        ConfigError: A file is missing or unusable.
        ConfigTypeError: *config* is an object that holds no config.

    """
    folder = Path(cwd) if cwd is not None else working_directory()
    defaults = folder / DEFAULTS_FILE
    values = read_file(defaults) if is_file(defaults) else {}
    for path in paths:
        values.update(read_file(folder / path))
    values.update(_filtered(as_mapping(config, folder), include, exclude))
    return values


def as_mapping(config: Any, folder: Path | None = None) -> dict[str, Any]:
    """Return the keys and values of *config* as a dict; values are left as they are.

    Takes a mapping, an argparse namespace, absl flags, a dataclass, an attrs or pydantic object, a named tuple, an
    object with `items()` or `to_dict()`, any object or class with attributes, or the path of a YAML or JSON file.

    Raises:
        ConfigTypeError: *config* is anything else.
        ConfigError: The file is missing or unusable.

    """
    if config is None:
        return {}
    if isinstance(config, (str, os.PathLike)):
        return read_file((folder or working_directory()) / expanded(Path(config)))
    fields = None if isinstance(config, list) else fields_of(config)
    return _attributes(config) if fields is None else fields


def read_file(path: Path) -> dict[str, Any]:
    """Return the config in the YAML or JSON file at *path*, described entries reduced to their values.

    Raises:
        ConfigError: The file is missing or unusable.

    """
    content = _parsed(path)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"config file {path} must contain keys and values, got {type(content).__name__}")
    version = content.pop(_VERSION_KEY, 1)
    if version != 1:
        raise ConfigError(f"config file {path} has {_VERSION_KEY} {version!r}; only 1 is supported")
    content.pop(_OWN_KEY, None)
    # `{value: ...}` alone could be a user's own dict, so it counts as described only where the whole file is so.
    uniform = all(isinstance(entry, dict) and "value" in entry for entry in content.values())
    return {key: entry["value"] if _described(entry, uniform=uniform) else entry for key, entry in content.items()}


def _described(entry: Any, *, uniform: bool) -> bool:
    return isinstance(entry, dict) and (set(entry) == {"value", "desc"} or (uniform and set(entry) == {"value"}))


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"config file {path} does not exist; pass a dict to give config itself") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {path} could not be read: {error}") from error
    return _parsed_json(text, path) if path.suffix == ".json" else _parsed_yaml(text, path)


def _parsed_json(text: str, path: Path) -> Any:
    import json

    try:
        return json.loads(text) if text.strip() else None
    except ValueError as error:
        raise ConfigError(f"config file {path} is not valid JSON: {error}") from error


def _parsed_yaml(text: str, path: Path) -> Any:
    import yaml  # slow to load, and needed only where a file is read

    from wandb_nb.tracking.config.yaml_loader import NumberLoader

    try:
        return yaml.load(text, NumberLoader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"config file {path} is not valid YAML: {error}") from error


def _attributes(config: Any) -> dict[str, Any]:
    if isinstance(config, (type, ModuleType)):
        return {name: value for name, value in vars(config).items() if name[0] != "_" and not _is_code(value)}
    attributes = None if isinstance(config, _FUNCTIONS) else attributes_of(config)
    if attributes is None:
        raise ConfigTypeError(
            f"cannot read config from {type(config).__name__}; pass a dict, an argparse namespace, flags, "
            "a dataclass, an object with attributes, or the name of a YAML or JSON file"
        )
    return attributes


def _is_code(value: Any) -> bool:
    """Return whether *value*, of a class or module, is code rather than a value."""
    return callable(value) or hasattr(value, "__get__") or isinstance(value, ModuleType)


def _filtered(values: dict[str, Any], include: Iterable[str] | None, exclude: Iterable[str] | None) -> dict[str, Any]:
    if include and exclude:
        raise UsageError("config_include_keys and config_exclude_keys exclude each other; give one of them")
    if include:
        included = set(include)
        return {key: value for key, value in values.items() if key in included}
    excluded = set(exclude or ())
    return {key: value for key, value in values.items() if key not in excluded}
