"""`ExamplePictures`: samples and what a model predicts for them, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.data.images.image import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.integration.keras.validation_data import ValidationData

MAX_EXAMPLES = 100
PICTURES, MASK, AUTO = ("image", "images"), "segmentation_mask", "auto"
_MAX_COLOR = 255


class ExamplePictures:
    """The first *count* samples of *data*, 100 at most. *input_type* and *output_type* say what they are.

    *labels* name the classes of predictions; *colors* are those of the classes of masks: red, green, blue from 0 to 1.
    """

    def __init__(
        self,
        data: ValidationData,
        input_type: str | None,
        output_type: str | None,
        *,
        labels: Sequence[str] = (),
        colors: Any = None,
        count: int = MAX_EXAMPLES,
    ) -> None:
        self._data, self._count, self._labels, self._colors = data, min(count, MAX_EXAMPLES), list(labels), colors
        self._input_type, self._output_type = input_type, output_type

    def predicted_by(self, model: Any) -> list[Image]:
        """Return the pictures.

        Where outputs are pictures or masks, each input (if it is one), the output and the target follow each other;
        else the caption of an input is what *model* predicts for it.
        """
        samples, references = self._data.samples()
        inputs = samples[: self._count]
        targets = None if references is None else references[: self._count]
        outputs = model.predict(inputs, verbose=0)
        if self._output_type not in (*PICTURES, MASK):
            return [
                self._picture(self._input_type, picture, caption=self._caption(output))
                for picture, output in zip(inputs, outputs, strict=True)
            ]
        parts = [(self._output_type, outputs), (self._output_type, targets)]
        if self._input_type in (*PICTURES, MASK, AUTO):
            parts.insert(0, (self._input_type, inputs))
        parts = [(kind, arrays) for kind, arrays in parts if arrays is not None]
        return [self._picture(kind, arrays[number]) for number in range(len(outputs)) for kind, arrays in parts]

    def _picture(self, kind: str | None, array: Any, **options: Any) -> Image:
        return Image(self._colored(np.asarray(array)) if kind == MASK else array, **options)

    def _colored(self, mask: Any) -> Any:
        """Return the picture of a mask: classes as numbers, or one score per class in the last dimension."""
        if mask.ndim > 2:  # noqa: PLR2004 -- height and width
            mask = mask.argmax(-1) if mask.shape[-1] > 1 else mask[..., 0].round()
        classes = mask.astype(int)
        if self._colors is not None:
            return (np.asarray(self._colors, float) * _MAX_COLOR).astype(np.uint8)[classes]
        return (classes * (_MAX_COLOR // max(1, int(classes.max(initial=0))))).astype(np.uint8)

    def _caption(self, output: Any) -> str:
        """Return the most probable class, of two classes that of the one probability; else the numbers."""
        scores = output.reshape(-1)
        if len(scores) > 1 and (not self._labels or len(scores) == len(self._labels)):
            number = int(scores.argmax())
            return self._labels[number] if self._labels else str(number)
        if len(scores) == 1 and len(self._labels) == 2:  # noqa: PLR2004 -- those for false and for true
            return self._labels[int(float(scores[0]) > 0.5)]  # noqa: PLR2004 -- the more probable one
        return ", ".join(f"{float(score):.4g}" for score in scores)
