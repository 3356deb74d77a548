"""`RunValues`: the values of a run by the names that filters, orders, searches and columns use."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.untrusted_json import load_object, parse_value
from wandb_nb.values import dotted

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PATH = 1_000
_COLUMNS = {
    "name": "name",
    "display_name": "display_name",
    "state": "state",
    "group": "group_name",
    "group_name": "group_name",
    "job_type": "job_type",
    "notes": "notes",
    "sweep": "sweep",
    "created_at": "created",
    "heartbeat_at": "heartbeat",
    "updated_at": "heartbeat",
    "exitcode": "exit_code",
}


class RunValues:
    """The values of *row*, a row of the table of runs.

    Names are `config.<key>`, with or without `.value`, `summary_metrics.<key>`, and columns in snake or camel case.
    """

    def __init__(self, row: Any) -> None:
        self.row = row
        self._is_readable = True

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config without its `{"value": …}` layer."""
        entries = self._load("config").items()
        return {key: entry.get("value") if isinstance(entry, dict) else entry for key, entry in entries}

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        return self._load("summary")

    @cached_property
    def tags(self) -> list[str]:
        """The tags."""
        try:
            tags = parse_value(self.row.tags)
        except ValueError:
            tags = None
        self._is_readable &= isinstance(tags, list)
        return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []

    @property
    def is_readable(self) -> bool:
        """Whether the stored config, summary and tags can be read; what cannot be read is empty."""
        _ = self.config, self.summary, self.tags
        return self._is_readable

    def _load(self, column: str) -> dict[str, Any]:
        value = load_object(getattr(self.row, column))
        self._is_readable &= value is not None
        return value or {}

    @cached_property
    def config_leaves(self) -> dict[str, Any]:
        """The values of the config by dotted name, without internal ones."""
        return _leaves(self.config)

    def sorted_config(self) -> list[tuple[str, Any]]:
        """Return the values of the config by dotted name: the pinned keys first, the others in alphabetical order."""
        own = self.config.get("_wandb")
        pinned = own.get("pinned_keys") if isinstance(own, dict) else None
        keys = [key for key in pinned if isinstance(key, str)] if isinstance(pinned, list) else []
        places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        return sorted(self.config_leaves.items(), key=lambda item: (_place(item[0], places), item[0]))

    @cached_property
    def summary_leaves(self) -> dict[str, Any]:
        """The values of the summary by dotted name, without internal ones."""
        return _leaves(self.summary)

    def value(self, name: str) -> Any:
        """Return the value of *name*; None if the run does not have it.

        Raises:
            UsageError: Runs do not have values of this name.

        """
        section, _, key = name.partition(".")
        if section == "config":
            value = _value_at(self.config, key)
            return _value_at(self.config, key.removesuffix(".value")) if value is None else value
        if section in {"summary_metrics", "summaryMetrics", "summary"}:
            return _value_at(self.summary, key)
        if name == "tags":
            return self.tags
        column = row_column(name)
        if column is None:
            raise UsageError(f"runs have no {name!r} to filter or sort by")
        return getattr(self.row, column)


def row_column(name: str) -> str | None:
    """Return the column of the table of runs that has the value *name*; None if none has."""
    return _COLUMNS.get(re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())


def _place(name: str, places: Mapping[str, int]) -> int:
    """Return the place of the dotted *name*, or of a key above it, in *places*; after all of them without any."""
    if not places or len(name) > _MAX_PATH:
        return len(places)
    parts = name.split(".")
    keys = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((places[key] for key in keys if key in places), len(places))


def timestamp(seconds: float) -> str:
    """Return unix *seconds* in the form of the API: `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _value_at(values: Any, path: str) -> Any:
    """Return the value at the dotted *path*; keys may contain dots themselves, but very long ones are no paths."""
    if not isinstance(values, dict):
        return None
    if path in values:
        return values[path]
    if len(path) > _MAX_PATH:
        return None
    for dot in (index for index, letter in enumerate(path) if letter == "."):
        if path[:dot] in values:
            return _value_at(values[path[:dot]], path[dot + 1 :])
    return None


def _leaves(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a JSON object by dotted name, without internal ones; most objects have no others in them."""
    public = {key: value for key, value in values.items() if key[:1] != "_"}
    return dict(dotted(public)) if dict in map(type, public.values()) else public
