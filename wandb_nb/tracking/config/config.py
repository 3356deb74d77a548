"""`Config`: the inputs of a run, dictionary-like; a value changes with permission only."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, KeysView, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from wandb_nb import host
from wandb_nb.errors import ConfigError
from wandb_nb.tracking.config.bulk_copy import is_bulk_copy, keys_called
from wandb_nb.tracking.config.config_value import check_size, is_equal, to_config_key, to_config_value
from wandb_nb.tracking.config.loading import as_mapping
from wandb_nb.tracking.config.section import wrapped, wrapped_item

_RESERVED = "_wandb"
_MAX_CHANGES = 1000
_MAX_REPR_LENGTH = 60
_MAX_KEYS_LENGTH = 60

OnChange = Callable[[Mapping[str, Any], Sequence[str]], None]


class ConfigChange(NamedTuple):
    """A value that a key was set to, and when, in unix seconds. A removed key has the value `REMOVED`."""

    time: float
    value: Any


REMOVED = type("Removed", (), {"__slots__": (), "__repr__": lambda _self: "REMOVED"})()


class Config(MutableMapping[str, Any]):
    """The inputs of a run: hyperparameters and the like, by attribute or item. Thread-safe.

    Values are stored as JSON values, so that reading gives what the file has; a value without a JSON form is stored as
    text. Values take less than 10 MB and top-level keys contain no dot (except where `import wandb` gives this package,
    for programs that have such keys), else ConfigError is raised. A first value can
    always be set. Changing or removing it needs permission: `allow_val_change` of the call, else of `init()`, else
    only notebooks may. A dict read from config is live (see `ConfigSection`); a list is a copy. `dict(config)` and
    `{**config}` are plain data, for YAML, OmegaConf and the like.

    *on_change* is called with the changed keys and values and the removed keys, after the change and before the call
    returns, in the order of the changes; it must not alter the values. Its exceptions reach the caller.
    """

    __slots__ = ("__weakref__", "_allow", "_changes", "_lock", "_on_change", "_run_id", "_values")

    _values: dict[str, Any]
    _changes: dict[str, deque[ConfigChange]]

    def __init__(
        self,
        values: Any = None,
        *,
        allow_val_change: bool | None = None,
        on_change: OnChange | None = None,
        run_id: str = "",
    ) -> None:
        for name, value in (
            ("_values", {}),
            ("_changes", {}),
            ("_allow", allow_val_change),
            ("_on_change", None),
            ("_run_id", run_id),
            ("_lock", threading.RLock()),
        ):
            object.__setattr__(self, name, value)
        self.update(values)
        object.__setattr__(self, "_on_change", on_change)
        _live[id(self)] = self

    def update(self, values: Any = None, allow_val_change: bool | None = None, **more: Any) -> None:  # type: ignore[override]  # the documented signature
        """Set all of *values*, or none of them if one is refused.

        *values* is whatever `init(config=)` takes: a dict, a namespace, flags, an object, the name of a file.

        Raises:
            ConfigError: A key or value is not allowed, or may not change.
            ConfigTypeError: *values* is an object that holds no config.

        """
        self._change({**as_mapping(values), **more}, allow_val_change)

    def setdefaults(self, values: Any) -> None:
        """Set those of *values* whose keys do not exist yet."""
        with self._lock:
            defaults = {to_config_key(key): value for key, value in as_mapping(values).items()}
            self._change({key: value for key, value in defaults.items() if key not in self._values}, None)

    def as_dict(self) -> dict[str, Any]:
        """Return a copy of all keys and values as plain dicts and lists."""
        with self._lock:
            return {key: wrapped_item(value) for key, value in self._values.items()}

    def history(self, key: str) -> tuple[ConfigChange, ...]:
        """Return the last thousand values that *key* was set to, oldest first.

        Raises:
            KeyError: It was never set.

        """
        return tuple(ConfigChange(when, wrapped_item(value)) for when, value in self._changes[key])

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        if not isinstance(value, (dict, list)):
            return value
        return wrapped_item(value) if is_bulk_copy(self) else wrapped(self, (key,), value)

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        keys_called(self)
        return KeysView(self)

    def __setitem__(self, key: str, value: Any) -> None:
        self._change({key: value}, None)

    def __delitem__(self, key: str) -> None:
        with self._lock:
            old = self._values[key]
            self._check_permission({key: (old, REMOVED)}, None)
            del self._values[key]
            self._record({}, [key])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no config key {name!r} ({_available(self._values)})") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            raise ConfigError(f"config.{name} is an attribute of Config; set config[{name!r}] for a key of that name")
        self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self._values:
            raise AttributeError(f"no config key {name!r} ({_available(self._values)})")
        del self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __repr__(self) -> str:
        from pprint import pformat  # only needed here

        return pformat(self.as_dict(), sort_dicts=False, width=100)

    def __reduce__(self) -> tuple[Callable[..., Config], tuple[Any, ...]]:
        # A copy, also one in another process, is an independent config that records nothing.
        return Config, (self.as_dict(),)

    def _load(self, values: Mapping[str, Any]) -> None:
        """Set *values* that the run file already has."""
        with self._lock:
            self._values.update(values)

    def _set_nested(self, path: tuple[str, ...], key: Any, value: Any) -> tuple[str, Any]:
        """Set *key* of the dict at *path* and return it as it was stored."""
        key = to_config_key(key)
        stored = to_config_value(value)
        with self._lock:
            top, section = self._copied(path)
            if key in section and is_equal(section[key], stored):
                return key, stored
            if key in section:
                self._check_permission({".".join((*path, key)): (section[key], stored)}, None)
            section[key] = stored
            check_size(top, path[0])
            self._values[path[0]] = top
            self._record({path[0]: top}, [])
        return key, stored

    def _delete_nested(self, path: tuple[str, ...], key: str) -> None:
        with self._lock:
            top, section = self._copied(path)
            if key in section:
                self._check_permission({".".join((*path, key)): (section[key], REMOVED)}, None)
                del section[key]
                self._values[path[0]] = top
                self._record({path[0]: top}, [])

    def _copied(self, path: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return a copy of the top-level dict that *path* begins with, and the dict at *path* in that copy."""
        top = section = wrapped_item(self._values.get(path[0]))
        for key in path[1:]:
            section = section.get(key) if isinstance(section, dict) else None
        if not isinstance(section, dict):
            raise ConfigError(f"config section {'.'.join(path)!r} no longer exists; read it from config again")
        return top, section

    def _change(self, new_values: Mapping[Any, Any], allow: bool | None) -> None:
        values = {_checked_key(key): value for key, value in new_values.items()}
        values = {key: to_config_value(value) for key, value in values.items()}
        for key, value in values.items():
            check_size(value, key)
        with self._lock:
            old = self._values
            changed = {key: new for key, new in values.items() if key not in old or not is_equal(old[key], new)}
            self._check_permission({key: (old[key], new) for key, new in changed.items() if key in old}, allow)
            self._values.update(changed)
            if changed:
                self._record(changed, [])

    def _check_permission(self, changes: Mapping[str, tuple[Any, Any]], allow: bool | None) -> None:
        """Raise ConfigError for the first of *changes* (key: old, new) unless they are allowed."""
        explicit = self._allow if allow is None else allow
        if not changes or (host.in_notebook() if explicit is None else explicit):
            return
        key, (old, new) = next(iter(changes.items()))
        change = "be removed" if new is REMOVED else f"become {_abbreviated(new)}"
        run = f" of run {self._run_id}" if self._run_id else ""
        raise ConfigError(
            f"config key {key!r}{run} is {_abbreviated(old)} and would {change}. "
            "Values that change during training belong in log(). To allow the change, "
            "call config.update({...}, allow_val_change=True), or init(allow_val_change=True) for the whole run"
        )

    def _record(self, changed: Mapping[str, Any], removed: Sequence[str]) -> None:
        now = time.time()
        for key, value in (*changed.items(), *((key, REMOVED) for key in removed)):
            self._changes.setdefault(key, deque(maxlen=_MAX_CHANGES)).append(ConfigChange(now, value))
        if self._on_change is not None:
            self._on_change(changed, removed)


def _stands_for_wandb() -> bool:
    """Return whether `import wandb` gives this package: programs for wandb may have dots in keys, as fastai has."""
    return sys.modules.get("wandb") is sys.modules["wandb_nb"]


def _checked_key(key: Any) -> str:
    text = to_config_key(key)
    if not text:
        raise ConfigError("a config key must not be empty")
    if "." in text and not _stands_for_wandb():
        raise ConfigError(
            f"config key {_abbreviated(text)} contains a dot, which top-level keys must not; use '_' or '/', or a "
            f"nested dict: {{{text.split('.', 1)[0]!r}: {{...}}}}"
        )
    if text == _RESERVED:
        raise ConfigError(f"config key {_RESERVED!r} is reserved for the run's own entries; choose another name")
    return text


def _abbreviated(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_REPR_LENGTH else text[:_MAX_REPR_LENGTH] + "..."


def _available(keys: Mapping[str, Any]) -> str:
    text = ", ".join(keys)
    return (
        f"available: {text if len(text) <= _MAX_KEYS_LENGTH else text[:_MAX_KEYS_LENGTH] + '...'}"
        if keys
        else "it is empty"
    )


_live: weakref.WeakValueDictionary[int, Config] = weakref.WeakValueDictionary()


def _renew_locks() -> None:
    # Another thread may own a lock at the moment of the fork; in the child no thread would release it.
    for config in list(_live.values()):
        object.__setattr__(config, "_lock", threading.RLock())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
