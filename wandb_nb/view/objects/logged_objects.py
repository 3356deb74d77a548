"""What a run logged besides numbers, as far as a view shows it: heat maps, texts, media, and when they change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wandb_nb.view.objects.heatmaps import MAX_BINS, MAX_COLUMNS, heatmap_keys, make_heatmap
from wandb_nb.view.objects.logged_media import media_page, media_series
from wandb_nb.view.objects.logged_texts import text_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wandb_nb.store.reading.history_table import HistoryTable
    from wandb_nb.view.objects.heatmaps import Heatmap
    from wandb_nb.view.objects.logged_media import MediaSeries
    from wandb_nb.view.objects.logged_texts import TextSeries

_EXACT_COUNT = 100  # with more values, a change of less than two percent is not sent
_CHANGES_PER_E_FOLD = 50
_SAVED_TEXTS = 5  # of each metric, in the notebook
_SAVED_COLUMNS, _SAVED_BINS, _MAX_SAVED = 48, 20, 6
_SAVED_FILES = 60  # media files of all metrics, in the notebook
_MAX_SAVED_MEDIA = 24


class LoggedObjects:
    """The heat maps, texts and media of the rows in a table; *config* is the `_wandb` entry of the run's config."""

    def __init__(self, table: HistoryTable, config: Mapping[str, Any]) -> None:
        self._table, self._config = table, config

    def version(self, *, exact: bool) -> int:
        """Return a number that changes with the values; if not *exact*, less often the more there are."""
        columns = self._table.others.values()
        count = sum(len(column) for column in columns)
        if not exact and count > _EXACT_COUNT:
            count = _EXACT_COUNT + int(math.log(count / _EXACT_COUNT) * _CHANGES_PER_E_FOLD)
        return (count + sum(column.rewrites for column in columns)) * 2 + exact

    def heatmaps(self) -> list[Heatmap]:
        """Return all heat maps in the detail of a live view."""
        return self._heatmaps(heatmap_keys(self._table), MAX_COLUMNS, MAX_BINS)

    def saved_heatmaps(self, points: int) -> list[Heatmap]:
        """Return a few heat maps for the notebook, in less detail; *points* is that of the series."""
        columns = max(6, min(_SAVED_COLUMNS, points // 100))
        return self._heatmaps(heatmap_keys(self._table)[:_MAX_SAVED], columns, _SAVED_BINS)

    def texts(self) -> list[TextSeries]:
        """Return the last texts of each metric."""
        return text_series(self._table)

    def saved_texts(self) -> list[TextSeries]:
        """Return the last texts of a few metrics for the notebook."""
        return text_series(self._table, _SAVED_TEXTS)[:_MAX_SAVED]

    def media(self) -> list[MediaSeries]:
        """Return the media files of each metric."""
        return media_series(self._table, self._config)

    def media_page(self, keys: Iterable[str], step: float, first: int) -> list[MediaSeries]:
        """Return the files of metrics at *step* from the place *first* on: those after the ones in a message."""
        return [series for key in keys if (series := media_page(self._table, key, step, first))]

    def saved_media(self, steps: int = 1) -> list[MediaSeries]:
        """Return the media files of the last of *steps* steps of some metrics for the notebook, without contents."""
        series = media_series(self._table, self._config, most_steps=steps, most_files=_SAVED_FILES * steps * steps)
        return series[:_MAX_SAVED_MEDIA]

    def _heatmaps(self, keys: list[str], columns: int, bins: int) -> list[Heatmap]:
        heatmaps = (make_heatmap(key, self._table, columns, bins) for key in keys)
        return [heatmap for heatmap in heatmaps if heatmap is not None]
