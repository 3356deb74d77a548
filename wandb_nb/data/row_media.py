"""The media among the values of a row: found, stored, and replaced by their JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.bare_values import as_media
from wandb_nb.data.media_value import BatchableMedia, WBValue
from wandb_nb.errors import Error, MediaError
from wandb_nb.values import MAX_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.data.media_store import MediaStore, MediaTarget

_PLAIN = (float, int, str, bool, type(None), bytes)


def with_stored_media(value: Any, target: MediaTarget, name: str) -> Any:
    """Return *value* with media in it stored at *target* and replaced by their JSON; other values as they are.

    *name* is the dotted name that error messages use. Dicts are left to the caller.

    Raises:
        MediaError: A media value cannot be encoded or stored.

    """
    if isinstance(value, _PLAIN):
        return value
    try:
        return _stored(value, target)
    except MediaError as error:
        raise MediaError(f"cannot log {name!r}: {error}") from error
    except Error:
        raise
    except Exception as error:  # codecs and figures may raise anything
        raise MediaError(f"cannot log {name!r}: {type(value).__name__} cannot be encoded: {error}") from error


def with_chart_tables(values: Mapping[str, Any], store: MediaStore) -> dict[str, Any]:
    """Return *values* with each chart in them, nested ones too, replaced by its table under a key of the row."""
    tables: dict[str, Any] = {}
    rest = _without_charts(values, (), (id(values),), store, tables)
    return {**rest, **tables}


def _without_charts(
    values: Mapping[str, Any],
    path: tuple[str, ...],
    parents: tuple[int, ...],
    store: MediaStore,
    tables: dict[str, Any],
) -> Mapping[str, Any]:
    """Return *values*, or a copy if charts are in it; a dict in itself stays, for the row's filter to find."""
    rest: dict[str, Any] = {}
    for key, value in values.items():
        below = (*path, str(key))
        if isinstance(value, WBValue):
            try:
                entries = value.entries(".".join(below), store)
            except MediaError as error:
                entries, value = None, _FailedValue(error)  # noqa: PLW2901 -- reported with the row's other values
            if entries is None:
                rest[key] = value
            else:
                tables.update(entries)
        elif type(value) is dict and len(below) < MAX_PATH and id(value) not in parents:
            rest[key] = _without_charts(value, below, (*parents, id(value)), store, tables)
        else:
            rest[key] = value
    is_same = len(rest) == len(values) and all(rest[key] is value for key, value in values.items())
    return values if is_same else rest


class _FailedValue(WBValue):
    """A chart that could not be put into the config; storing it raises *error*, whose value is reported by its name."""

    def __init__(self, error: MediaError) -> None:
        self._error = error

    def to_row(self, _target: MediaTarget) -> dict[str, Any]:
        """Raise the error."""
        raise self._error


def _stored(value: Any, target: MediaTarget) -> Any:
    if isinstance(value, (list, tuple)):
        return _stored_list(value, target)
    media = as_media(value)
    return value if media is None else media.to_row(target)


def _stored_list(values: Sequence[Any], target: MediaTarget) -> Any:
    """Return the JSON of a list: that of its kind where all are of one kind that has one, else one JSON each."""
    if not values or isinstance(values[0], _PLAIN):  # long lists of numbers are not searched
        return values
    media = [as_media(value) for value in values]
    if not any(isinstance(each, WBValue) for each in media):
        return values
    kind = type(media[0])
    if issubclass(kind, BatchableMedia) and all(type(each) is kind for each in media):
        return kind.list_to_row(media, target)
    return [value if each is None else each.to_row(target) for each, value in zip(media, values, strict=True)]
