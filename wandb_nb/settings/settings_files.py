"""Settings files of the user and of the workspace: INI with one section `[default]`.

Both are shared with the original's tools, so unknown entries are preserved and ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import SettingsError, StoreError
from wandb_nb.settings.fields import BY_NAME
from wandb_nb.settings.model import Layer, Sourced, find
from wandb_nb.surroundings import home, is_directory, is_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from configparser import RawConfigParser
    from pathlib import Path

_SECTION = "default"


class FileSettings(NamedTuple):
    """The settings of one source, and its entries that are not settings."""

    values: Layer
    ignored: tuple[str, ...]


def user_file(config_dir: Path | None = None) -> Path:
    """Return the path of the user's settings file, in *config_dir* or `~/.config/wandb`."""
    return (config_dir or home() / ".config" / "wandb") / "settings"


def workspace_file(root: Path) -> Path:
    """Return the path of the settings file for runs whose `wandb/` (or `.wandb/`) folder is in *root*."""
    hidden = root / ".wandb"
    return (hidden if is_directory(hidden) else root / "wandb") / "settings"


def read(path: Path, label: str) -> FileSettings:
    """Return the settings in the file at *path*; none if there is no file, or its folder cannot be entered.

    Raises:
        SettingsError: The file is unusable.

    """
    if not is_file(path):
        return FileSettings({}, ())
    values: Layer = {}
    ignored = []
    for name, text in _parser(path).items(_SECTION):
        if name not in BY_NAME:
            ignored.append(f"{name} ({path})")
        elif text.strip():
            field = BY_NAME[name]
            values[field.name] = Sourced(field.parse(text.strip(), str(path), text=True), f"{label} {path}")
    return FileSettings(values, tuple(ignored))


def save(path: Path, values: Mapping[str, Any]) -> None:
    """Set *values* in the settings file at *path*, and preserve its other entries; None removes an entry.

    The file is replaced as a whole, so a reader sees the old or the new one.

    Raises:
        StoreError: The file cannot be written.

    """
    parser = _parser(path)
    for name, value in values.items():
        field = find(name, str(path))
        if value is None:
            parser.remove_option(_SECTION, field.name)
        else:
            parser.set(_SECTION, field.name, _as_text(field.parse(value, str(path))))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacement(path) as unfinished, unfinished.open("w", encoding="utf-8") as stream:
            parser.write(stream)
    except OSError as error:
        raise StoreError(f"cannot write the settings file {path}: {error}") from error


def _parser(path: Path) -> RawConfigParser:
    from configparser import Error, RawConfigParser  # some milliseconds, only spent if a file exists

    parser = RawConfigParser(strict=False, default_section="")
    try:
        parser.read(path, encoding="utf-8")
    except (Error, OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(f"cannot read the settings file {path}: {reason}; correct or remove it") from error
    if not parser.has_section(_SECTION):
        parser.add_section(_SECTION)
    return parser


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if type(value) is tuple else str(value)
