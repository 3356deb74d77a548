"""Which small copies of media go into a saved notebook, and the form in which its view reads them."""

from __future__ import annotations

import json
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from wandb_nb.view.previews.media_previews import MediaPreviews

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from wandb_nb.view.message.run_message import MessageHeader, SavedPreview
    from wandb_nb.view.objects.logged_media import MediaRow, MediaSeries
    from wandb_nb.view.previews.media_previews import MediaCard, PreviewedFile
    from wandb_nb.view.previews.plot_preview import PlotData

_STEPS = {"steps": 4, "newest": 1}
MAX_CHARACTERS = 220_000
"""Of the small copies in a snapshot."""
_MAX_NAMES = 80_000  # characters of the names of files
_IDLE_SECONDS, _BUSY_SECONDS = 5.0, 0.1
_ENTRY_CHARACTERS = 60  # names and quotes around path, type and data
_MAX_NAMED_FILES = 240


class SavedMedia(NamedTuple):
    """What a saved notebook holds of a run's media: small copies, of how many *steps* of each metric."""

    previews: MediaPreviews
    steps: int

    @classmethod
    def of(cls, open_file: Callable[[str], BinaryIO | None], choice: str = "steps") -> SavedMedia | None:
        """Return what the setting `saved_media` with the value *choice* asks for; None for "off".

        *open_file* opens a media file, and returns None if there is none.
        """
        return cls(MediaPreviews(open_file), _STEPS[choice]) if choice in _STEPS else None

    def cards(self, header: MessageHeader) -> list[MediaCard]:
        """Return the cards of a message. While a cell is running, new copies are made for a tenth of a second only."""
        return self.previews.cards(header["media"] or [], preview_seconds(header))

    def plots(self, header: MessageHeader) -> dict[str, PlotData]:
        """Return the charts of a message's tables, each under the key of its table; for as long as `cards`."""
        return self.previews.plots(header["plots"] or [], header["media"] or [], preview_seconds(header))


def preview_seconds(header: MessageHeader) -> float:
    """Return for how long small copies may be made for a message: briefly while a cell is running."""
    return _BUSY_SECONDS if header["run"]["cellRunning"] is True else _IDLE_SECONDS


def saved_previews(cards: Iterable[MediaCard], most_characters: int = MAX_CHARACTERS) -> list[SavedPreview]:
    """Return the small copies in *cards*, each path once, as far as there is room.

    The newest step of each metric takes precedence, and of one step the first file of each metric.
    """
    chosen: dict[str, SavedPreview] = {}
    left = most_characters
    for file, preview in _by_precedence(cards):
        copies = () if preview is None else ((file["path"], preview), *preview.parts)
        for path, copy in copies:
            size = len(copy.base64) + len(path) + _ENTRY_CHARACTERS
            if path not in chosen and size <= left:
                left -= size
                chosen[path] = {"path": path, "type": copy.media_type, "data": copy.base64}
    return list(chosen.values())


def _by_precedence(cards: Iterable[MediaCard]) -> list[PreviewedFile]:
    steps: Counter[str] = Counter()
    files: list[tuple[int, int, PreviewedFile]] = []
    for card in cards:
        files += [(steps[card.key], at, each) for at, each in enumerate(card.files)]
        steps[card.key] += 1
    return [each for _, _, each in sorted(files, key=itemgetter(0, 1))]


def saved_series(
    series: Sequence[MediaSeries], previews: Iterable[SavedPreview], max_characters: int = _MAX_NAMES
) -> list[MediaSeries]:
    """Return the last step of each of *series*, and the earlier ones of which there are small copies.

    If they have more than *max_characters* as JSON, only the last step and the first files of each are left.
    """
    copied = {preview["path"] for preview in previews}
    files = max(4, _MAX_NAMED_FILES // max(1, len(series)))
    chosen = [_with_files(one, files, copied) for one in series]
    if len(json.dumps(chosen)) > max_characters:
        chosen = [_with_files(one, max(2, files // 8), set()) for one in series]
    return chosen


def _with_files(series: MediaSeries, most_files: int, copied: Container[str]) -> MediaSeries:
    """Return *series* with at most *most_files* files in the last row, and in the rows whose files are all *copied*."""
    rows = [_first_files(row, most_files) for row in series["rows"]]
    earlier = [row for row in rows[:-1] if all(file["path"] in copied for file in row["files"])]
    return cast("MediaSeries", {**series, "rows": [*earlier, *rows[-1:]]})


def _first_files(row: MediaRow, most_files: int) -> MediaRow:
    if len(row["files"]) <= most_files:
        return row
    return {**row, "files": row["files"][:most_files], "count": row.get("count", len(row["files"]))}
