"""A live dict inside the config: setting an item sets it in the config, under the config's rules."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class SectionOwner(Protocol):
    """The config that a section belongs to."""

    def _set_nested(self, path: tuple[str, ...], key: Any, value: Any) -> tuple[str, Any]: ...

    def _delete_nested(self, path: tuple[str, ...], key: str) -> None: ...


class ConfigSection(dict[str, Any]):
    """A dict value of the config, as in `config.model`, with attributes as well as items.

    A change goes to the config, which records it or raises ConfigError. Copies and pickles are plain dicts.
    """

    __slots__ = ("_owner", "_path")

    def __init__(self, owner: SectionOwner, path: tuple[str, ...], values: dict[str, Any]) -> None:
        super().__init__({key: wrapped(owner, (*path, key), value) for key, value in values.items()})
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_path", path)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"no key {name!r} in config section {'.'.join(self._path)!r} (available: {', '.join(self) or 'none'})"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __setitem__(self, key: str, value: Any) -> None:
        owner = self._owner
        key, stored = owner._set_nested(self._path, key, value)  # noqa: SLF001 -- a public name would hide a config key
        super().__setitem__(key, wrapped(owner, (*self._path, key), stored))

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._owner._delete_nested(self._path, key)  # noqa: SLF001 -- as above
        super().__delitem__(key)

    def __ior__(self, other: Any) -> ConfigSection:  # type: ignore[override,misc]  # noqa: PYI034 -- Self needs 3.11; dict overloads it
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return dict, (dict(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        from copy import deepcopy  # only where somebody copies

        return {key: deepcopy(value, memo) for key, value in self.items()}

    # dict's own mutators would bypass the config; the mapping's are built on the methods above.
    update = MutableMapping.update
    setdefault = MutableMapping.setdefault
    pop = MutableMapping.pop
    popitem = MutableMapping.popitem
    clear = MutableMapping.clear


def wrapped(owner: SectionOwner, path: tuple[str, ...], value: Any) -> Any:
    """Return the stored *value* at *path* as the user sees it: dicts as sections, lists as copies."""
    if isinstance(value, dict):
        return ConfigSection(owner, path, value)
    return [wrapped_item(item) for item in value] if isinstance(value, list) else value


def wrapped_item(value: Any) -> Any:
    """Return a copy of a value inside a list, which has no key and so no way back into the config."""
    if isinstance(value, dict):
        return {key: wrapped_item(item) for key, item in value.items()}
    return [wrapped_item(item) for item in value] if isinstance(value, list) else value
