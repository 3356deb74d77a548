"""`AutologOptions`: what `init(magic=)` asks for, from a mapping, JSON, pairs or a YAML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wandb_nb.errors import UsageError
from wandb_nb.tracking.config.loading import read_file

LIBRARIES = ("sklearn", "xgboost", "lightgbm", "keras")
CONFIG_KEY = "magic"
"""The key of the config that holds the parameters of fits, by the name of the estimator or library."""
SWEEP_KEY = "wandb_magic"
"""The key of the config whose options override those of `init(magic=)`."""
_NAMES = (*LIBRARIES, "args", "enable")


class AutologOptions:
    """Options as a tree: `options.at("keras", "fit", "epochs")` is that of "keras.fit.epochs", None if not given.

    Raises:
        UsageError: There is no such option, or the text has none of the forms.
        ConfigError: The YAML file is missing or unusable.

    """

    def __init__(self, value: Any) -> None:
        self._tree: dict[str, Any] = {}
        for name, option in _entries(value).items():
            self._add(str(name).split("."), option)
        unknown = [name for name in self._tree if name not in _NAMES]
        if unknown:
            raise UsageError(f"magic has no option {unknown[0]!r}: it has {', '.join(_NAMES)}")

    def at(self, *path: str) -> Any:
        """Return the option at *path*, or None."""
        option: Any = self._tree
        for name in path:
            option = option.get(name) if isinstance(option, dict) else None
        return option

    def is_on(self, *path: str) -> bool:
        """Return whether nothing switches off what is at *path*."""
        return self.at(*path) is not False and self.at(*path, "enable") is not False

    def _add(self, path: list[str], option: Any) -> None:
        *above, name = path
        branch = self._tree
        for part in above:
            if not isinstance(branch.get(part), dict):
                branch[part] = {}
            branch = branch[part]
        if isinstance(option, dict):
            for key, value in option.items():
                self._add([*path, *str(key).split(".")], value)
        else:
            branch[name] = option


def _entries(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"enable": value}
    if isinstance(value, dict):
        return value
    text = str(value)
    if text.lstrip().startswith("{"):
        return _json(text)
    if "=" in text:
        return {name.strip(): _literal(word) for name, _, word in (pair.partition("=") for pair in text.split(","))}
    return read_file(Path(text))


def _json(text: str) -> dict[str, Any]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise UsageError(f"the options of magic are not valid JSON ({error}): correct them") from None
    return dict(entries)


def _literal(word: str) -> Any:
    """Return the number or truth value that *word* is, else the word."""
    text = word.strip()
    try:
        return json.loads(text.lower() if text in {"True", "False"} else text)
    except ValueError:
        return text
