"""`ApiSummary`: the summary of a stored run, as a mapping whose changes `update()` stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ApiSummary(MutableMapping[str, Any]):
    """The summary values by name; nested ones are dicts. `_json_dict` is the plain dict, as programs use it."""

    def __init__(self, values: dict[str, Any], save: Callable[[dict[str, Any], tuple[str, ...]], None]) -> None:
        self._json_dict = values
        self._stored = dict(values)
        self._save = save

    def __getitem__(self, key: str) -> Any:
        return self._json_dict[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._json_dict[key] = value

    def __delitem__(self, key: str) -> None:
        del self._json_dict[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._json_dict)

    def __len__(self) -> int:
        return len(self._json_dict)

    def __getattr__(self, name: str) -> Any:
        """Return a value by attribute, None where there is none, as W&B's own summary does."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self._json_dict.get(name)

    def __repr__(self) -> str:
        return repr(self._json_dict)

    def update(self, *values: Mapping[str, Any] | None, **named: Any) -> None:  # type: ignore[override]  # None is W&B's
        """Set *values* and store all changes since the last call.

        Raises:
            UsageError: A living process writes the run.
            CommError: The server cannot be reached or refuses.

        """
        for each in values:
            self._json_dict.update(each or {})
        self._json_dict.update(named)
        changed = {key: value for key, value in self._json_dict.items() if self._stored.get(key, self) != value}
        removed = tuple(key for key in self._stored if key not in self._json_dict)
        if changed or removed:
            self._save(changed, removed)
            self._stored = dict(self._json_dict)
