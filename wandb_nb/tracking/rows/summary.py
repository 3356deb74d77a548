"""`run.summary`: the newest value of every metric, or what `define_metric` keeps of it, and what the user sets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, KeysView, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RowError
from wandb_nb.store.format.json_value import text_key, to_json
from wandb_nb.store.format.python_number import SCALARS, python_number
from wandb_nb.store.metrics.summary_engine import SummaryEngine
from wandb_nb.tracking.config.bulk_copy import is_bulk_copy, keys_called

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from wandb_nb.capture.secrets.redact import Redactor
    from wandb_nb.store.metrics.definitions import Definitions
    from wandb_nb.store.metrics.summary_engine import Statistics
    from wandb_nb.store.writing.number_row import Numbers

    OnChange = Callable[[Mapping[str, Any], tuple[str, ...]], None]

_NO_NUMBERS: Numbers = ([], [])
_OWN = "_"  # names with this prefix are attributes of the object, never keys


class _Node(MutableMapping[str, Any]):
    """One level of the summary. Values are looked up at each access, so a node is never stale."""

    def _level(self) -> dict[str, Any]:
        raise NotImplementedError

    def _child(self, key: str) -> _Node:
        raise NotImplementedError

    def __getitem__(self, key: str) -> Any:
        value = self._level()[key]
        if not isinstance(value, (dict, list)):
            return value
        if is_bulk_copy(self):
            return _copied(value)
        return self._child(key) if isinstance(value, dict) else value

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        keys_called(self)
        return KeysView(self)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._level()))

    def __len__(self) -> int:
        return len(self._level())

    def __contains__(self, key: object) -> bool:
        return key in self._level()

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_OWN):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no summary key {name!r} (available: {', '.join(self) or 'none'})") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith(_OWN):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __repr__(self) -> str:
        return repr(self._level())


class _Branch(_Node):
    """A nested object of the summary: reads and writes through to the whole."""

    def __init__(self, parent: _Node, key: str) -> None:
        self._parent, self._key = parent, key

    def _level(self) -> dict[str, Any]:
        level: dict[str, Any] = self._parent._level()[self._key]  # noqa: SLF001 -- a node's own kind
        return level

    def _child(self, key: str) -> _Node:
        return _Branch(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._parent[self._key] = {**self._level(), key: value}

    def __delitem__(self, key: str) -> None:
        rest = dict(self._level())
        del rest[key]
        self._parent[self._key] = rest


class Summary(_Node):
    """The summary of one run, as a mapping and by attribute, nested objects included. `dict(summary)` is plain data.

    Logged rows update it automatically. A value set by hand is written to the run file before the call returns and
    stays until the next row that logs its key. Values are stored as `log()` stores them; secrets in texts are removed.
    *storable* gets a value that is not plain, with its key, and returns what can be stored of it. Thread-safe.
    """

    def __init__(
        self,
        metrics: Definitions,
        lock: AbstractContextManager[Any],
        on_change: OnChange,
        marks: Callable[[], Mapping[str, Any]],
        redact: Redactor | None = None,
        *,
        storable: Callable[[Any, str], Any] | None = None,
    ) -> None:
        self._metrics, self._lock, self._on_change, self._marks = metrics, lock, on_change, marks
        self._redact, self._storable = redact, storable
        self._values: dict[str, Any] = {}
        self._fresh: dict[str, Any] = {}
        self._newest = _NO_NUMBERS  # counts after `_fresh`
        self._changed: set[str] = set()
        self._engine = SummaryEngine(metrics)

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Set several keys with one record in the run file. Keys of other simple types than text become text.

        Raises:
            RowTypeError: The text of a key would not identify it.

        """
        values: dict[str, Any] = {}
        for name, value in {**dict(other), **more}.items():
            key = text_key(name, "summary")
            try:
                values[key] = self._plain(value, key)
            except RowError:
                plain = self._storable(value, key) if self._storable is not None else None
                if plain is not None:
                    values[key] = self._plain(plain, key)
        if not values:
            return
        with self._lock:
            self._publish()
            self._values.update(values)
            self._on_change(values, ())

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        with self._lock:
            self._publish()
            del self._values[key]
            self._on_change({}, (key,))

    def as_dict(self) -> dict[str, Any]:
        """Return a copy as plain dicts and lists."""
        with self._lock:
            copied: dict[str, Any] = _copied(self._level())
            return copied

    _as_dict = as_dict  # the name that callers of the original use

    def _level(self) -> dict[str, Any]:
        with self._lock:
            self._publish()
            return self._values

    def _child(self, key: str) -> _Node:
        return _Branch(self, key)

    # The rest serves the run's history, which holds the lock.

    def _absorb(self, row: Mapping[str, Any], step: int, attempt: int, numbers: Numbers | None = None) -> None:
        """Take a stored row, and its *numbers* if it has nothing else.

        The common row costs one dict update, and one of many numbers not even that: rows of the same names replace each
        other. The rest is done when the summary is read.
        """
        if not self._metrics:
            if numbers is not None:
                if numbers[0] is not self._newest[0]:
                    self._merge_newest()
                self._newest = numbers
                return
            if SCALARS.issuperset(map(type, row.values())):
                if self._newest[0]:
                    self._merge_newest()
                self._fresh.update(row)
                return
        self._publish()
        values = {key: self._plain(value, key) for key, value in row.items()}
        self._engine.take_row(self._values, values, (step, attempt))
        self._changed.update(row)

    def _plain(self, value: Any, key: str) -> Any:
        """Return *value* as plain JSON values (arrays as lists or histograms …), by the rules of `log()`."""
        value = python_number(value)
        kind = type(value)
        if kind is str:
            return value if self._redact is None else self._redact.value(value, key)
        if kind in SCALARS:
            return value
        if isinstance(value, float):
            return float.__float__(value)  # a subclass may have methods of its own
        text = to_json(value, key)
        return json.loads(text if self._redact is None else self._redact.json(text, key))

    def _merge_newest(self) -> None:
        self._fresh.update(zip(*self._newest, strict=True))
        self._newest = _NO_NUMBERS

    def _publish(self) -> None:
        if self._newest[0]:
            self._merge_newest()
        if self._fresh:
            fresh, self._fresh = self._fresh, {}
            self._values.update((key, self._plain(value, key)) for key, value in fresh.items())
            self._changed.update(fresh)
        self._values.update(self._marks())

    def _load(self, values: Mapping[str, Any], statistics: Mapping[str, Statistics]) -> None:
        """Start from the summary of an earlier part of the run, and from the statistics of its metrics."""
        self._values.update(values)
        self._engine = SummaryEngine(self._metrics, statistics)

    def _take_over(self, values: Mapping[str, Any]) -> None:
        """Hold *values* that other processes changed, and owe them to the file."""
        with self._lock:
            self._publish()
            self._values.update(values)
            self._changed.update(values)

    def _take_changes(self) -> dict[str, Any]:
        """Return what logged rows changed since the last call; keys of metrics kept out of the summary are absent."""
        self._publish()
        changed, self._changed = self._changed, set()
        return {key: self._values[key] for key in changed if key in self._values}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
