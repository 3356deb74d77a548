"""Arrays and tensors of any library as the pixels of a picture, by the rules of wandb up to 0.28."""

from __future__ import annotations

from typing import Any

from wandb_nb.data.media_value import unsuitable
from wandb_nb.errors import MediaError
from wandb_nb.store.format.array_value import plain_array

CHANNELS = (1, 3, 4)
ACCEPTED = (
    "an array of (height, width) or (height, width, 1, 3 or 4), a tensor of (1, 3 or 4, height, width), "
    "a PIL image, a matplotlib figure, a path or bytes"
)
_GRID_COLUMNS, _GRID_PADDING = 8, 2
_MAX_BYTE = 255
_PLANE, _PICTURE, _BATCH = 2, 3, 4  # dimensions


def array_copy(data: Any) -> Any:
    """Return *data* as an array of its own, channels last, which later changes of *data* do not reach.

    Raises:
        MediaError: It is not an array of numbers in the shape of a picture.

    """
    import numpy as np  # images are not on the way of plain rows

    try:
        array = np.array(plain_array(data))
    except Exception as error:  # a foreign class may raise anything
        raise unsuitable("an image", f"{type(data).__name__} ({error})", ACCEPTED) from error
    if array.dtype.kind not in "biuf":
        raise unsuitable("an image", f"{type(data).__name__} of {array.dtype}", ACCEPTED)
    if is_tensor(data):
        array = _channels_last(array)
    elif array.ndim == _BATCH and array.shape[0] == 1:
        array = array[0]
    if not (array.ndim == _PLANE or (array.ndim == _PICTURE and array.shape[-1] in CHANNELS)) or not array.size:
        raise unsuitable("an image", f"{type(data).__name__} of shape {tuple(np.shape(array))}", ACCEPTED)
    return array[..., 0] if array.ndim == _PICTURE and array.shape[-1] == 1 else array


def is_tensor(data: Any) -> bool:
    """Return whether *data* is a tensor of torch, whose channels come first."""
    return hasattr(data, "permute") and hasattr(data, "detach")


def to_bytes(array: Any, *, normalize: bool = True) -> Any:
    """Return *array* as uint8.

    Floats from 0 to 1 are scaled to 0..255, floats from -1 to 1 too, others are cut off at 0 and 255; with
    *normalize* False all are only cut off. True is 255. Integers are cut off.
    """
    import numpy as np  # as above

    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(_MAX_BYTE)
    if array.dtype.kind == "f" and normalize:
        low, high = np.fmin.reduce(array, axis=None), np.fmax.reduce(array, axis=None)
        if low >= 0 and high <= 1:
            array = array * _MAX_BYTE
        elif low >= -1 and high <= 1:
            array = _MAX_BYTE * 0.5 * (array + 1)
    return np.nan_to_num(np.clip(array, 0, _MAX_BYTE)).astype(np.uint8)


def mode_of(pixels: Any) -> str:
    """Return Pillow's mode for *pixels* as `array_copy` returns them."""
    return "L" if pixels.ndim == _PLANE else {3: "RGB", 4: "RGBA"}[pixels.shape[-1]]


def _channels_last(array: Any) -> Any:
    import numpy as np  # as above

    if array.ndim == _BATCH:
        return _grid([_channels_last(picture) for picture in array])
    if array.ndim == _PICTURE and array.shape[0] in CHANNELS:
        return np.moveaxis(array, 0, -1)
    return array


def _grid(pictures: list[Any]) -> Any:
    """Return *pictures* of one shape side by side, eight in a row."""
    import numpy as np  # as above

    if not pictures or pictures[0].ndim != _PICTURE:
        raise MediaError(f"an image cannot be made of an empty or flat batch: give {ACCEPTED}")
    columns = min(_GRID_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width, channels = pictures[0].shape
    step_y, step_x = height + _GRID_PADDING, width + _GRID_PADDING
    grid = np.zeros((rows * step_y + _GRID_PADDING, columns * step_x + _GRID_PADDING, channels), pictures[0].dtype)
    for index, picture in enumerate(pictures):
        top, left = index // columns * step_y + _GRID_PADDING, index % columns * step_x + _GRID_PADDING
        grid[top : top + height, left : left + width] = picture
    return grid
