"""`MediaPreviews`: the small copies of a run's media, each made once."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from wandb_nb.lru import LRUDict
from wandb_nb.view.previews.cell_pictures import with_cell_pictures
from wandb_nb.view.previews.clip_preview import frame_preview, waveform_preview
from wandb_nb.view.previews.document_preview import page_preview, read_table, table_preview
from wandb_nb.view.previews.picture_preview import picture_preview
from wandb_nb.view.previews.plot_preview import is_built_in, plot_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.view.objects.logged_media import MediaSeries
    from wandb_nb.view.objects.logged_plots import PlotHeader
    from wandb_nb.view.objects.media_files import MediaFile
    from wandb_nb.view.previews.plot_preview import PlotData
    from wandb_nb.view.previews.preview import Preview

MAX_PREVIEWS, MAX_PLOTS = 300, 24
_MAX_FILE_BYTES = 64 << 20
_TABLES = ("table", "incremental-table")


class PreviewedFile(NamedTuple):
    """One file with its small copy, None where there is none."""

    file: MediaFile
    preview: Preview | None


class MediaCard(NamedTuple):
    """The media of one metric at one step; *title* is its heading, that of the metric by default."""

    key: str
    step: float
    files: list[PreviewedFile]
    title: str = ""


class MediaPreviews:
    """Makes small copies of the files that *open_file* opens, and keeps the last 300. Not thread-safe."""

    def __init__(self, open_file: Callable[[str], BinaryIO | None]) -> None:
        self._open_file = open_file
        self._plots: LRUDict[tuple[str, str], PlotData | None] = LRUDict(MAX_PLOTS)
        self._previews: LRUDict[tuple[str, ...], Preview | None] = LRUDict(MAX_PREVIEWS)

    def cards(self, series: Iterable[MediaSeries], seconds: float) -> list[MediaCard]:
        """Return the cards of all steps in *series*: the newest step of each metric first, then the one before it.

        Copies are made for *seconds* only; files that are left over then have none yet.
        """
        deadline = time.monotonic() + seconds
        steps = [(back, one["key"], row) for one in series for back, row in enumerate(reversed(one["rows"]))]
        return [
            MediaCard(key, row["step"], [PreviewedFile(file, self._preview(file, deadline)) for file in row["files"]])
            for _, key, row in sorted(steps, key=lambda step: step[0])
        ]

    def plots(
        self, headers: Iterable[PlotHeader], series: Iterable[MediaSeries], seconds: float
    ) -> dict[str, PlotData]:
        """Return the charts of the newest tables in *series* that can be drawn, each under the key of its table."""
        deadline = time.monotonic() + seconds
        tables = {one["key"]: one["rows"][-1]["files"][0] for one in series if one["rows"] and one["rows"][-1]["files"]}
        plots: dict[str, PlotData] = {}
        for header in headers:
            file = tables.get(header["table"])
            if file is not None and is_built_in(header) and (plot := self._plot(header, file, deadline)) is not None:
                plots[header["table"]] = plot
        return plots

    def _plot(self, header: PlotHeader, file: MediaFile, deadline: float) -> PlotData | None:
        name = (header["key"], file["path"])
        if name not in self._plots and time.monotonic() <= deadline:
            self._plots[name] = None
            with suppress(OSError), ExitStack() as stack:
                content = self._open_file(file["path"])
                if content is not None:
                    self._plots[name] = plot_data(header, *read_table(stack.enter_context(content)))
        return self._plots.get(name)

    def _preview(self, file: MediaFile, deadline: float) -> Preview | None:
        layers = _layers(file)
        name = (file["path"], *(path for _, path in layers))
        if name in self._previews:
            self._previews.move_to_end(name)
            return self._previews[name]
        if time.monotonic() > deadline:
            return None
        self._previews[name] = preview = self._make(file, layers)
        return preview

    def _make(self, file: MediaFile, layers: list[tuple[str, str]]) -> Preview | None:
        """Return the small copy of *file*; None if it is missing, broken, too large or of another kind."""
        with ExitStack() as stack:

            def opened(path: str) -> BinaryIO | None:
                content = self._open_file(path)
                return None if content is None else stack.enter_context(content)

            content = opened(file["path"])
            if content is None or content.seek(0, 2) > _MAX_FILE_BYTES:
                return None
            content.seek(0)
            layer_files = [(kind, layer) for kind, path in layers if (layer := opened(path)) is not None]
            try:
                preview = _preview_of(file, content, layer_files)
                if preview is not None and "artifact" in file:
                    return with_cell_pictures(preview, file["artifact"], self._open_file)
            except Exception:  # noqa: BLE001 -- decoders of files that may be broken or hostile; others are shown
                return None
            return preview


def _preview_of(file: MediaFile, content: BinaryIO, layers: list[tuple[str, BinaryIO]]) -> Preview | None:
    kind, suffix = file["kind"], file["path"].rpartition(".")[2].lower()
    if kind == "image" or suffix == "gif":
        masks = [layer for layer_kind, layer in layers if layer_kind == "mask"]
        return picture_preview(content, masks, [layer for layer_kind, layer in layers if layer_kind != "mask"])
    if kind == "audio":
        return waveform_preview(content)
    if kind == "video":
        return frame_preview(content, suffix)
    if kind in _TABLES:
        return table_preview(content)
    return page_preview(content) if kind == "html" else None


def _layers(file: MediaFile) -> list[tuple[str, str]]:
    """Return kind and path of each mask and set of boxes of a picture."""
    return [(layer["kind"], layer["path"]) for layer in file.get("layers", ())]
