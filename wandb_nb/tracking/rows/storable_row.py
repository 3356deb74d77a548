"""The part of a row that can be stored, for a row with media, and the rare one that cannot be stored as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RowError, RowTypeError
from wandb_nb.store.format.array_value import is_missing
from wandb_nb.store.format.json_value import check_depth, items_of, text_key, to_json, type_name
from wandb_nb.store.writing.key_prefixes import RESERVED
from wandb_nb.store.writing.row_encoder import MAX_ROW
from wandb_nb.tracking.rows.row_checks import whole_step

if TYPE_CHECKING:
    from wandb_nb.data.media_store import MediaStore

SUMMARY_STEP = "summary"
"""Takes the place of the step in the name of a media file that the summary points to."""
_MAX_REPORTS = 20
_PER_ITEM = 40  # bytes of a record beside name and value, generously
_STEP = "_step"


class StorableRow(dict[str, Any]):
    """A row of plain JSON values, without reserved keys."""


class RowFilter:
    """Stores media in what *media* returns, and drops what cannot be stored; *notice* gets each name and type."""

    def __init__(self, notice: Callable[[str], None], media: Callable[[], MediaStore] | None = None) -> None:
        self._notice, self._media = notice, media
        self._reported: set[tuple[str, str]] = set()

    def row(self, row: Mapping[str, Any], step: Any, next_step: int) -> tuple[StorableRow, Any]:
        """Return the part of *row* that can be stored, and its step; *next_step* is that of a row without one.

        Rows from `history()` can be logged again: their `_step` is the step unless *step* is given, and the other
        reserved keys are left out.

        Raises:
            RowTypeError: A key is not a string.

        """
        values: dict[str, Any] = {}
        for key, value in items_of(row, "row"):
            if not isinstance(key, str):
                raise RowTypeError(f"metric names must be strings, got {type_name(key)} {key!r}")
            name = text_key(key, key)
            if name == _STEP:
                step = self._step(value) if step is None else step
            elif name not in RESERVED:
                values[name] = value
        if self._media is not None:
            from wandb_nb.data.row_media import with_chart_tables  # other rows do without

            values = with_chart_tables(values, self._media())
        at = next_step if step is None else step
        texts = {
            name: text for name, value in values.items() if (text := self._text(value, (name,), (), at)) is not None
        }
        self._drop_largest(texts)
        return StorableRow((name, json.loads(text)) for name, text in texts.items()), step

    def dropped(self, name: str, value: Any, error: Exception) -> None:
        """Report that *value*, logged as *name*, is not stored because of *error*."""
        entry = name, type_name(value)
        if entry in self._reported or len(self._reported) > _MAX_REPORTS:
            return
        self._reported.add(entry)
        if len(self._reported) > _MAX_REPORTS:
            self._notice("more values cannot be stored and are dropped without further notices")
        else:
            self._notice(f"{error} (this value is dropped, here and in later rows; the rest of the row is stored)")

    def _step(self, value: Any) -> Any:
        if value is None or is_missing(value) or value != value:  # noqa: PLR0124 -- NaN
            return None
        try:
            return whole_step(value)
        except RowError as error:
            self.dropped(_STEP, value, error)
            return None

    def summary_value(self, value: Any, key: str) -> Any:
        """Return the value of the summary's *key* as plain JSON; None where nothing of it can be stored."""
        text = self._text(value, (key,), (), SUMMARY_STEP)
        return None if text is None else json.loads(text)

    def _text(self, value: Any, path: tuple[str, ...], parents: tuple[int, ...], step: Any) -> str | None:
        """Return *value* as JSON text without what cannot be stored of nested dicts; None where nothing is left."""
        name = ".".join(path)
        try:
            if isinstance(value, Mapping):
                return self._object(value, path, (*parents, id(value)), step)
            return _checked(to_json(self._with_stored_media(value, path, step), name), name)
        except RowError as error:
            self.dropped(name, value, error)
            return None

    def _with_stored_media(self, value: Any, path: tuple[str, ...], step: Any) -> Any:
        """Return *value* with its media stored as files and replaced by their JSON."""
        if self._media is None:
            return value
        from wandb_nb.data.row_media import with_stored_media  # other rows do without

        return with_stored_media(value, self._media().target(path[-1], step), ".".join(path))

    def _object(
        self, value: Mapping[Any, Any], path: tuple[str, ...], parents: tuple[int, ...], step: Any
    ) -> str | None:
        name = ".".join(path)
        check_depth(name, len(parents))
        if parents[-1] in parents[:-1]:
            raise RowError(f"cannot log {name!r}: it contains itself; log a flat copy")
        members: dict[str, str] = {}
        for key, item in items_of(value, name):
            try:
                below = text_key(key, name)
            except RowError as error:
                self.dropped(name, key, error)
                continue
            text = self._text(item, (*path, below), parents, step)
            members |= {} if text is None else {below: text}
        return f"{{{','.join(f'{json.dumps(key)}:{text}' for key, text in members.items())}}}" if members else None

    def _drop_largest(self, texts: dict[str, str]) -> None:
        """Drop the largest values until the row is small enough for a record."""
        sizes = {name: len(name) * 4 + len(text) + _PER_ITEM for name, text in texts.items()}
        while sum(sizes.values()) > MAX_ROW:
            largest = max(sizes, key=sizes.__getitem__)
            self.dropped(largest, texts.pop(largest), _too_large(largest, sizes.pop(largest)))


def _checked(text: str, name: str) -> str:
    if len(text) > MAX_ROW - _PER_ITEM:
        raise _too_large(name, len(text))
    return text


def _too_large(name: str, size: int) -> RowError:
    sizes = f"{size / 1e6:.1f} of the {MAX_ROW / 1e6:.0f} MB"
    return RowError(f"cannot log {name!r}: it takes {sizes} that a row may take; store it in a file")
