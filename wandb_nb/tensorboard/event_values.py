"""What a run logs for the values of an event file: numbers, images, sounds, histograms, texts and curves."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from wandb_nb.data.files.audio import Audio
from wandb_nb.data.files.video import Video
from wandb_nb.data.histogram import MAX_BINS, Histogram
from wandb_nb.data.images.image import Image
from wandb_nb.data.plots.basic_charts import line
from wandb_nb.data.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from wandb_nb.tensorboard.event_messages import SummaryValue, TensorMessage

PR_CURVES, HPARAMS = "pr_curves", "hparams"
_PRECISION, _RECALL = 4, 5
"""Rows of a tensor of the pr_curves plugin."""
_SIZES = 2
"""Texts before the pictures in a tensor of images: width and height."""
_HISTOGRAM_COLUMNS = 3
_NUMBERED = re.compile(r"(.+)/\d+")
_GIF = b"GIF8"


def row_of(values: Iterable[SummaryValue]) -> dict[str, Any]:
    """Return *values* as one row, by tag. Images `x/0` and `x/1` are a list `x`; values without a form are left out."""
    row: dict[str, Any] = {}
    pictures: dict[str, list[Any]] = {}
    for value in values:
        if value.image is not None:
            match = _NUMBERED.fullmatch(value.tag)
            pictures.setdefault(match[1] if match else value.tag, []).append(_picture(value.image))
        elif (logged := _logged(value)) is not None:
            row[_plain_tag(value)] = logged
    return row | {tag: each[0] if len(each) == 1 else each for tag, each in pictures.items()}


def _plain_tag(value: SummaryValue) -> str:
    """Return the tag as the program gave it; writers add a word to the tags of texts."""
    return value.tag.removesuffix("/text_summary") if value.plugin == "text" else value.tag


def _logged(value: SummaryValue) -> Any:
    if value.number is not None:
        return value.number
    if value.audio is not None:
        return Audio(io.BytesIO(value.audio))
    if value.histogram is not None:
        return _histogram(*value.histogram)
    return None if value.tensor is None else _of_tensor(value.plugin, value.tag, value.tensor)


def _of_tensor(plugin: str, tag: str, tensor: TensorMessage) -> Any:
    """Return the value of a *tensor*, which is how TensorFlow 2 writes everything."""
    if tensor.texts:
        return _of_texts(plugin, tensor)
    return None if tensor.numbers is None or not tensor.numbers.size else _of_numbers(plugin, tag, tensor.numbers)


def _of_texts(plugin: str, tensor: TensorMessage) -> Any:
    if plugin == "text":
        return "\n\n".join(text.decode("utf-8", "replace") for text in tensor.texts)
    media: list[Any] = []
    if plugin == "images":
        media = [_picture(content) for content in tensor.texts[_SIZES:]]
    elif plugin == "audio":  # each sound may be followed by its label
        media = [Audio(io.BytesIO(content)) for content in tensor.texts[:: 2 if len(tensor.shape) > 1 else 1]]
    return media[0] if len(media) == 1 else media or None


def _of_numbers(plugin: str, tag: str, numbers: NDArray[Any]) -> Any:
    if plugin == "histograms" and numbers.ndim == 2 and numbers.shape[1] == _HISTOGRAM_COLUMNS:  # noqa: PLR2004 -- rows and columns
        return _histogram(numbers[:, 2].tolist(), [*numbers[:, 0].tolist(), float(numbers[-1, 1])])
    if plugin == PR_CURVES and numbers.ndim == 2 and len(numbers) > _RECALL:  # noqa: PLR2004 -- rows and columns
        rows = list(zip(numbers[_RECALL].tolist(), numbers[_PRECISION].tolist(), strict=True))
        return line(Table(["recall", "precision"], rows), "recall", "precision", title=tag)
    return numbers.item() if numbers.size == 1 and plugin in {"scalars", ""} else None


def _picture(content: bytes) -> Any:
    """Return an image; an animation, which torch writes as a GIF, is a video."""
    if content.startswith(_GIF):
        return Video(io.BytesIO(content), format="gif")
    from PIL import Image as Pictures

    return Image(Pictures.open(io.BytesIO(content)))


def _histogram(counts: Sequence[float], edges: Sequence[float]) -> Histogram | None:
    """Return a histogram; neighbouring bins are joined where there are more than a histogram can have."""
    if not counts or len(edges) != len(counts) + 1:
        return None
    joined = -(-len(counts) // MAX_BINS)
    sums = [sum(counts[at : at + joined]) for at in range(0, len(counts), joined)]
    return Histogram(np_histogram=(sums, [*edges[:-1:joined], edges[-1]]))
