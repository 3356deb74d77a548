"""`ExamplePictures`: pictures with what a model predicts for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.images.image import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_EXAMPLES = 100


class ExamplePictures:
    """The first *count* of *inputs*, 100 at most: an array of pictures. *labels* name the classes of predictions."""

    def __init__(self, inputs: Any, labels: Sequence[str], count: int) -> None:
        self._inputs = inputs[: min(count, MAX_EXAMPLES)]
        self._labels = list(labels)

    def predicted_by(self, model: Any) -> list[Image]:
        """Return the pictures; the caption of each is what *model* predicts for it."""
        outputs = model.predict(self._inputs, verbose=0)
        return [
            Image(picture, caption=self._caption(output)) for picture, output in zip(self._inputs, outputs, strict=True)
        ]

    def _caption(self, output: Any) -> str:
        """Return the most probable class, of two classes that of the one probability; else the numbers."""
        scores = output.reshape(-1)
        if len(scores) > 1 and (not self._labels or len(scores) == len(self._labels)):
            number = int(scores.argmax())
            return self._labels[number] if self._labels else str(number)
        if len(scores) == 1 and len(self._labels) == 2:  # noqa: PLR2004 -- those for false and for true
            return self._labels[int(float(scores[0]) > 0.5)]  # noqa: PLR2004 -- the more probable one
        return ", ".join(f"{float(score):.4g}" for score in scores)
