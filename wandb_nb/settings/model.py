"""The two things that hold settings: what a user writes down, and what came out of all sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.errors import SettingsError
from wandb_nb.settings.fields import BY_NAME, FIELDS, Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.settings.field import Field

HIDDEN = "(hidden)"
DEFAULT = "default"


class Sourced(NamedTuple):
    """A setting's value and where it came from."""

    value: Any
    source: str


Layer = dict[str, Sourced]


class SettingRow(NamedTuple):
    """One line of the table of settings; a secret's value is hidden."""

    name: str
    value: Any
    source: str
    doc: str


class Settings(Fields):
    """Settings written down by the user: `Settings(start_method="thread")`.

    Only what is given counts; None means not given. A name that is no setting and a value of the wrong form raise
    SettingsError, the first with the nearest name that exists. Attributes can be read and set afterwards too.
    """

    __slots__ = ()

    def __init__(self, **values: Any) -> None:
        self._values: dict[str, Any] = {}
        self.update(values)

    def update(self, values: Mapping[str, Any]) -> None:
        """Take over *values*, by setting name or `init()` argument name; None takes a setting back."""
        for name, value in values.items():
            self._assign(find(name, "Settings").name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return what is given, by setting name. Secrets are in it as they are."""
        return dict(self._values)

    def _assign(self, name: str, value: Any) -> None:
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = FIELDS[name].parse(value, "Settings")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self._values == other._values

    __hash__ = None  # type: ignore[assignment]  # it can be changed, so it is no key

    def __repr__(self) -> str:
        return _written("Settings", self._values)


class Resolved(Fields):
    """The settings of one run, from all sources. Cannot be changed; `source()` tells where each value came from.

    *ignored* names the variables and file entries that look like settings and are none.
    """

    __slots__ = ("_sources", "ignored")

    def __init__(self, values: Layer, ignored: tuple[str, ...] = ()) -> None:
        self._values: dict[str, Any] = {name: entry.value for name, entry in values.items()}
        self._sources = {name: entry.source for name, entry in values.items()}
        self.ignored = ignored

    def source(self, name: str) -> str:
        """Return where the value of *name* came from: "default", "environment WANDB_PROJECT", "init(project=)", ..."""
        return self._sources.get(find(name, "source").name, DEFAULT)

    def given(self, name: str) -> bool:
        """Return whether anybody set *name*, so that its value is not just the default."""
        return find(name, "given").name in self._sources

    def replace(self, source: str, **values: Any) -> Resolved:
        """Return a copy in which *values* hold instead, with *source* as the place they came from."""
        layer = {name: Sourced(value, self._sources[name]) for name, value in self._values.items()}
        for name, value in values.items():
            field = find(name, source)
            layer[field.name] = Sourced(None if value is None else field.parse(value, source), source)
        return Resolved(layer, self.ignored)

    def table(self) -> list[SettingRow]:
        """Return all settings in the order of the documentation, each with value, source and meaning."""
        return [
            SettingRow(name, _shown(field, self._values.get(name, field.default)), self.source(name), field.doc)
            for name, field in FIELDS.items()
        ]

    def _assign(self, name: str, _value: Any) -> None:
        raise SettingsError(
            f"The setting {name!r} of a run cannot be changed once the run has started; "
            f"give it to init(settings={{{name!r}: ...}}) or to setup() before."
        )

    def __repr__(self) -> str:
        return _written("Resolved", self._values)


def find(name: str, origin: str) -> Field[object, object]:
    """Return the setting called *name*, or raise SettingsError with the nearest name there is."""
    if name in BY_NAME:
        return BY_NAME[name]
    from difflib import get_close_matches  # only for the error

    nearest = get_close_matches(name, BY_NAME, n=1, cutoff=0)[0]
    raise SettingsError(f"There is no setting {name!r} ({origin}); did you mean {nearest!r}?")


def _shown(field: Field[object, object], value: Any) -> Any:
    return HIDDEN if field.secret and value is not None else value


def _written(class_name: str, values: Mapping[str, Any]) -> str:
    parts = (f"{name}={_shown(FIELDS[name], value)!r}" for name, value in values.items())
    return f"{class_name}({', '.join(parts)})"
