"""The two collections of settings: those that the user gives, and those resolved from all sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.errors import SettingsError
from wandb_nb.settings.fields import BY_NAME, FIELDS, Fields, FieldsWithoutEffect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings.field import Field

HIDDEN = "(hidden)"
DEFAULT = "default"
USER_FILE, WORKSPACE_FILE = "user file", "workspace file"
"""The sources that are files begin with these words."""
_FROM_CODE = ("init(", "setup(")


class Sourced(NamedTuple):
    """A setting's value and where it came from."""

    value: Any
    source: str


Layer = dict[str, Sourced]


class SettingRow(NamedTuple):
    """One line of the table of settings; the value of a secret is hidden."""

    name: str
    value: Any
    source: str
    doc: str


class Settings(Fields):
    """Settings given by the user: `Settings(start_method="thread")`.

    None means not given. An unknown name or an invalid value raises SettingsError; for a name it suggests the nearest
    existing one. A name that only W&B's own client has is accepted and has no effect, which `init()` reports.
    Attributes can be read and set later.
    """

    __slots__ = ()

    def __init__(self, **values: Any) -> None:
        self._values: dict[str, Any] = {}
        self.update(values)

    def update(self, values: Mapping[str, Any]) -> None:
        """Set *values*, by setting name or `init()` argument name; None removes a setting."""
        for name, value in values.items():
            self._assign(find(name, "Settings").name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return the given settings by name, with secrets in plain text."""
        return dict(self._values)

    def _assign(self, name: str, value: Any) -> None:
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = find(name, "Settings").parse(value, "Settings")

    if not TYPE_CHECKING:  # a type checker shall find misspelled names

        def __getattr__(self, name: str) -> Any:
            """Return the value of a setting that has no effect here."""
            if name.startswith("__") or name == "_values" or name not in _official():
                raise AttributeError(f"there is no setting {name!r}")
            return self._values.get(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]  # mutable, so not hashable

    def __repr__(self) -> str:
        return _repr("Settings", self._values)


class Resolved(Fields):
    """The settings of one run, resolved from all sources. Immutable; `source()` returns where a value came from.

    *ignored* names the variables and file entries that look like settings but are not.
    """

    __slots__ = ("_sources", "ignored")

    def __init__(self, values: Layer, ignored: tuple[str, ...] = ()) -> None:
        self._values: dict[str, Any] = {name: entry.value for name, entry in values.items()}
        self._sources = {name: entry.source for name, entry in values.items()}
        self.ignored = ignored

    def source(self, name: str) -> str:
        """Return where the value of *name* came from: "default", "environment WANDB_PROJECT", "init(project=)", ..."""
        return self._sources.get(find(name, "source").name, DEFAULT)

    def is_set(self, name: str) -> bool:
        """Return whether *name* was set, so that its value is not just the default."""
        return find(name, "is_set").name in self._sources

    def is_explicit(self, name: str) -> bool:
        """Return whether *name* was given as an argument or in the environment, not by a file or as the default."""
        return self.is_set(name) and not self.source(name).startswith((USER_FILE, WORKSPACE_FILE))

    def replace(self, source: str, **values: Any) -> Resolved:
        """Return a copy with *values*, whose source is *source*."""
        layer = self.layer()
        for name, value in values.items():
            field = find(name, source)
            layer[field.name] = Sourced(None if value is None else field.parse(value, source), source)
        return Resolved(layer, self.ignored)

    def without_effect(self) -> list[str]:
        """Return the names of settings that the program gave and that have no effect here."""
        unused = vars(FieldsWithoutEffect)
        return [
            name
            for name, source in self._sources.items()
            if (name in unused or name not in FIELDS) and source.startswith(_FROM_CODE)
        ]

    def layer(self) -> Layer:
        """Return the settings that were set, each with its source."""
        return {name: Sourced(value, self._sources[name]) for name, value in self._values.items()}

    def table(self) -> list[SettingRow]:
        """Return all settings in the order of the documentation, each with value, source and meaning."""
        return [
            SettingRow(name, _displayed(field, self._values.get(name, field.default)), self.source(name), field.doc)
            for name, field in FIELDS.items()
        ]

    def _assign(self, name: str, _value: Any) -> None:
        raise SettingsError(
            f"the setting {name!r} of a run cannot be changed after its start; "
            f"give it to init(settings={{{name!r}: ...}}) or to setup()"
        )

    def __repr__(self) -> str:
        return _repr("Resolved", self._values)


def find(name: str, origin: str) -> Field[object, object]:
    """Return the setting *name*; SettingsError, with the nearest existing name, if there is none."""
    if name in BY_NAME:
        return BY_NAME[name]
    if name in (official := _official()):
        return official[name]
    from difflib import get_close_matches  # only for the error

    nearest = get_close_matches(name, BY_NAME, n=1, cutoff=0)[0]
    raise SettingsError(f"there is no setting {name!r} ({origin}); did you mean {nearest!r}?")


def _official() -> Mapping[str, Field[object, object]]:
    from wandb_nb.settings.official_names import OFFICIAL  # few programs give one

    return OFFICIAL


def _displayed(field: Field[object, object], value: Any) -> Any:
    return HIDDEN if field.secret and value is not None else value


def _repr(class_name: str, values: Mapping[str, Any]) -> str:
    parts = (f"{name}={_displayed(find(name, class_name), value)!r}" for name, value in values.items())
    return f"{class_name}({', '.join(parts)})"
