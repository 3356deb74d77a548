"""The newest media of compared runs beside each other, as small copies in a saved notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.view.media_html import media_html
from wandb_nb.view.message.run_message import plain
from wandb_nb.view.previews.saved_media import MAX_CHARACTERS, preview_seconds, saved_previews, saved_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.view.previews.media_previews import MediaCard

_MAX_KEYS = 12
_MAX_HTML, _MAX_NAMES = 170_000, 60_000  # characters of all runs


def run_cards(comparison: Comparison) -> list[list[MediaCard]]:
    """Return a row of cards for each key with media: one for each run that has it, titled with the run's label."""
    rows: dict[str, list[MediaCard]] = {row.key: [] for row in comparison.media[:_MAX_KEYS]}
    for label, one in zip(comparison.labels, comparison.inputs, strict=True):
        if one.media is None:
            continue
        series = [each for each in one.newest_media if each["key"] in rows]
        seconds = preview_seconds(one.message.header) / len(comparison.inputs)
        for card in one.media.previews.cards(series, seconds):
            rows[card.key].append(card._replace(title=f"{label} · {card.key}"))
    return [row for row in rows.values() if row]


def html(rows: Sequence[Sequence[MediaCard]]) -> str:
    """Return the rows, each on a line of its own."""
    return "".join(media_html(row, _MAX_HTML // len(rows)) for row in rows)


def add_to(headers: Sequence[dict[str, Any]], comparison: Comparison, rows: Sequence[Sequence[MediaCard]]) -> None:
    """Add to the *headers* of the runs their newest media, and the small copies, for the view."""
    count = len(comparison.inputs)
    for header, one, label in zip(headers, comparison.inputs, comparison.labels, strict=True):
        cards = [card for row in rows for card in row if card.title == f"{label} · {card.key}"]
        header["previews"] = saved_previews(cards, MAX_CHARACTERS // count)
        header["media"] = plain(saved_series(one.newest_media, header["previews"], _MAX_NAMES // count))
