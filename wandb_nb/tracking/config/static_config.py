"""`run.config_static`: the config as it is at this moment, for reading only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class StaticConfig(Mapping[str, Any]):
    """A copy of a config, by attribute or item; nothing can be set in it."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._values:
            raise AttributeError(name)
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"config_static is for reading; set run.config.{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)
