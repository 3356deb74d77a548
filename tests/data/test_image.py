"""`Image`: what it is made of, which pixels come out, and the JSON of pictures, lists, masks and boxes."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image as PillowImage

import wandb_nb as wandb
from wandb_nb.data.images.png_encoder import encode_png
from wandb_nb.errors import MediaError

RNG = np.random.default_rng(1)
PICTURE = RNG.integers(0, 255, (20, 30, 3), dtype=np.uint8)
# Pixels that wandb 0.28.0 stores for a picture of one row.
PIXELS_OF_028 = [
    ([0.0, 0.5, 1.0], [0, 127, 255]),
    ([0.0, 0.001, 0.999], [0, 0, 254]),
    ([0.0, 0.3333, 0.6667], [0, 84, 170]),
    ([-1.0, 0.0, 1.0], [0, 127, 255]),
    ([-0.5, 0.5, 0.2], [63, 191, 153]),
    ([0.0, 0.5, 1.5], [0, 0, 1]),
    ([0.0, 300.0, -7.0], [0, 255, 0]),
    ([2.7, 100.6, 255.0], [2, 100, 255]),
]


def pixels(image: wandb.Image) -> np.ndarray:
    """Return the pixels of the file that *image* becomes."""
    return np.asarray(PillowImage.open(io.BytesIO(b"".join(image.content.chunks()))))


class Tensor:
    """A tensor as torch has it: channels first, detached and moved before it is read."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self.dtype = array.dtype

    def detach(self) -> Tensor:
        """Return itself."""
        return self

    cpu = detach

    def permute(self, *axes: int) -> Tensor:
        """Return the tensor with its axes in another order."""
        return Tensor(self._array.transpose(axes))

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return self._array


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("values", "expected"), PIXELS_OF_028[:1] + PIXELS_OF_028[3:4] + PIXELS_OF_028[5:])
def test_floats_are_scaled_as_wandb_028_does(kind, values, expected):
    """Floats from 0 to 1 and from -1 to 1 span the whole range, others are cut off."""
    assert pixels(wandb.Image(np.array([values], kind))).tolist() == [expected]


@pytest.mark.parametrize(("values", "expected"), PIXELS_OF_028)
def test_doubles_are_scaled_as_wandb_028_does(values, expected):
    """As above, with the values between."""
    assert pixels(wandb.Image(np.array([values]))).tolist() == [expected]


def test_scaling_can_be_switched_off():
    """With `normalize=False` floats are cut off only."""
    assert pixels(wandb.Image(np.array([[0.0, 0.5, 1.0, 300.0]]), normalize=False)).tolist() == [[0, 0, 1, 255]]


def test_one_nan_does_not_spoil_the_picture():
    """A NaN is black, and the other floats are scaled as without it."""
    assert pixels(wandb.Image(np.array([[np.nan, 0.5, 1.0]]))).tolist() == [[0, 127, 255]]


def test_integers_stay_and_true_is_white():
    """Integers are cut off at 0 and 255, and a boolean mask is black and white."""
    assert pixels(wandb.Image(np.array([[-1, 0, 1, 300]]))).tolist() == [[0, 0, 1, 255]]
    assert pixels(wandb.Image(np.array([[True, False]]))).tolist() == [[255, 0]]


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 3), (20, 30, 4), (1, 20, 30, 3)])
def test_arrays_of_every_accepted_shape(shape):
    """Grey, one channel, RGB and RGBA, and a batch of one, come out as they went in."""
    array = RNG.integers(0, 255, shape, dtype=np.uint8)
    assert (pixels(wandb.Image(array)) == array.reshape([n for n in shape if n != 1])).all()


@pytest.mark.parametrize("shape", [(3, 20, 30), (1, 20, 30), (20, 30)])
def test_tensors_have_their_channels_first(shape):
    """A tensor of (channels, height, width) is the picture of (height, width, channels)."""
    array = RNG.integers(0, 255, shape, dtype=np.uint8)
    expected = array if array.ndim == 2 else np.moveaxis(array, 0, -1).reshape(20, 30, -1).squeeze()
    assert (pixels(wandb.Image(Tensor(array))) == expected).all()


def test_a_batch_of_tensors_is_a_grid():
    """Ten pictures are two rows of eight and two."""
    array = RNG.integers(0, 255, (10, 3, 6, 4), dtype=np.uint8)
    grid = pixels(wandb.Image(Tensor(array)))
    assert grid.shape == (2 * 8 + 2, 8 * 6 + 2, 3)
    assert (grid[10:16, 8:12] == np.moveaxis(array[9], 0, -1)).all()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (300, 200)])
def test_the_encoder_writes_what_pillow_reads(mode, size):
    """Every mode and size comes back with the same pixels."""
    array = RNG.integers(0, 256, (*size, len(mode)), dtype=np.uint8)
    decoded = PillowImage.open(io.BytesIO(encode_png(array.squeeze(-1) if mode == "L" else array, mode)))
    decoded.load()
    assert decoded.mode == mode
    assert (np.asarray(decoded).reshape(array.shape) == array).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "F", "I", "I;16"])
def test_pillow_images_of_every_mode(mode):
    """A Pillow image of any mode becomes a PNG that Pillow reads."""
    picture = PillowImage.fromarray(PICTURE).convert("L" if mode == "I;16" else mode)
    picture = picture.convert("I;16") if mode == "I;16" else picture
    assert pixels(wandb.Image(picture)).shape[:2] == (20, 30)


def test_files_and_bytes_are_stored_as_they_are(tmp_path, logged):
    """The file of a path keeps its bytes and the spelling of its extension; bytes keep theirs and get their format."""
    PillowImage.fromarray(PICTURE).save(tmp_path / "a.PNG")
    PillowImage.fromarray(PICTURE).save(tmp_path / "b.jpg")
    data = (tmp_path / "b.jpg").read_bytes()
    run = logged(
        {"path": wandb.Image(tmp_path / "a.PNG"), "bytes": wandb.Image(data), "open": wandb.Image(io.BytesIO(data))}
    )
    row = run.rows[0]
    assert row["path"]["format"] == "PNG"
    assert row["path"]["path"].endswith(".PNG")
    assert run.files[row["path"]["path"]] == (tmp_path / "a.PNG").read_bytes()
    assert row["bytes"]["format"] == "jpg"
    assert run.files[row["bytes"]["path"]] == data
    assert row["open"]["path"] == row["bytes"]["path"]


def test_bare_pictures_and_figures_are_images(logged, monkeypatch):
    """A Pillow image, a list of them and a matplotlib figure need no wrapping."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    picture = PillowImage.fromarray(PICTURE)
    row = logged({"one": picture, "many": [picture, picture], "figure": figure}).rows[0]
    pyplot.close(figure)
    assert row["one"]["_type"] == row["figure"]["_type"] == "image-file"
    assert row["many"]["_type"] == "images/separated"
    assert (row["figure"]["width"], row["figure"]["height"]) == (640, 480)


def test_other_formats(logged):
    """`file_type` chooses JPEG or BMP; another one is refused in the constructor."""
    row = logged({"jpg": wandb.Image(PICTURE, file_type="jpg"), "bmp": wandb.Image(PICTURE, file_type="bmp")}).rows[0]
    assert [row[key]["format"] for key in ("jpg", "bmp")] == ["jpg", "bmp"]
    with pytest.raises(MediaError, match=r"file_type='gif' is not possible: give one of png, jpg, jpeg, bmp"):
        wandb.Image(PICTURE, file_type="gif")


def test_long_lists_are_cut(logged):
    """A list keeps its first 108 pictures, as the official client does."""
    row = logged({"many": [wandb.Image(PICTURE[:3])] * 120}).rows[0]
    assert row["many"]["count"] == len(row["many"]["filenames"]) == 108


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"masks": {"m": {}}}, "mask 'm' has neither mask_data nor path"),
        ({"masks": {"m": {"mask_data": np.zeros((2, 2, 2))}}}, r"of float64 and shape \(2, 2, 2\): give class ids"),
        ({"boxes": {"b": {"box_data": [{"class_id": 1}]}}}, "a box of 'b' has no position"),
        ({"boxes": {"b": {"box_data": [{"position": {"middle": 1, "width": 1, "height": 1}}]}}}, "no whole number"),
    ],
)
def test_impossible_masks_and_boxes_are_refused(arguments, message):
    """The constructor reports the mask or box by name, and what is needed."""
    with pytest.raises(MediaError, match=message):
        wandb.Image(PICTURE, **arguments)


OFFICIAL_PROGRAMS = {
    "one": "run.log({'img': wandb.Image(noise, caption='hello'), 'loss': 1})",
    "lists": "run.log({'a/b': [wandb.Image(noise, caption='c'), wandb.Image(noise[:10])]})\n"
    "run.log({'one': [wandb.Image(noise[:7], caption='x')], 'tuple': (wandb.Image(noise[:6]),)})",
    "grey": "run.log({'g': wandb.Image(noise[..., 0])})\n"
    "run.log({'a': wandb.Image(np.dstack([noise, noise[..., :1]]))})",
    "mode": "run.log({'g': wandb.Image(noise, mode='L')})",
    "masks": "run.log({'m': wandb.Image(noise, masks={'p': {'mask_data': noise[..., 0] % 3}}, grouping=2)})\n"
    "run.log({'n': wandb.Image(noise[:9], masks={'p': {'mask_data': noise[:9, :, 0] % 3, 'class_labels': {0: 'x'}}})})",
    "boxes": "box = {'position': {'minX': .1, 'maxX': .2, 'minY': .3, 'maxY': .4}, 'class_id': 1, 'box_caption': 'b', "
    "'scores': {'s': .5}}\n"
    "pixel = {'position': {'middle': [5, 6], 'width': 3, 'height': 2}, 'domain': 'pixel', 'class_id': 4}\n"
    "run.log({'b': wandb.Image(noise, boxes={'q': {'box_data': [box], 'class_labels': {1: 'one'}}})})\n"
    "run.log({'c': wandb.Image(noise[:9], boxes={'q': {'box_data': [pixel]}})})",
    "layers of a list": "box = {'position': {'middle': [.5, .6], 'width': .3, 'height': .2}, 'class_id': 4}\n"
    "first = wandb.Image(noise, masks={'p': {'mask_data': noise[..., 0] % 3}}, boxes={'q': {'box_data': [box]}})\n"
    "run.log({'l': [first, wandb.Image(noise[:9])]})",
    "nested": "run.log({'nest': {'deep': {'im': wandb.Image(noise)}}, 'sp ace:*': wandb.Image(noise[:4])})",
    "summary": "run.summary['si'] = wandb.Image(noise)",
    "figure": "import matplotlib.pyplot as plt\nf = plt.figure()\nplt.plot([1, 2])\nrun.log({'f': wandb.Image(f)})",
    "pillow": "import PIL.Image\nrun.log({'p': wandb.Image(PIL.Image.fromarray(noise))})",
    "path": "import PIL.Image\nPIL.Image.fromarray(noise).save('f.PNG')\nrun.log({'p': wandb.Image('f.PNG')})",
}


def without_bytes(value):
    """Return JSON without what depends on the bytes of a PNG: digest, size, and digest in the name."""
    if isinstance(value, dict):
        inner = {key: without_bytes(each) for key, each in value.items() if key not in ("sha256", "size")}
        return {key: inner[key] for key in sorted(inner)}
    if isinstance(value, list):
        return [without_bytes(each) for each in value]
    return stem(value) if isinstance(value, str) and value.startswith("media/") else value


def stem(path: str) -> str:
    """Return a media path without the digest in it."""
    head, _, tail = path.rpartition("_")
    return f"{head}.{tail.partition('.')[2]}"


@pytest.mark.official
@pytest.mark.parametrize("name", OFFICIAL_PROGRAMS)
def test_rows_files_and_pixels_are_the_official_ones(both, name):
    """The JSON, the names and the decoded pixels of each file, and the labels in the config are those of 0.31."""
    ours, official = both(OFFICIAL_PROGRAMS[name])
    assert without_bytes(ours.rows) == without_bytes(official.rows)
    assert without_bytes(ours.summary) == without_bytes(official.summary)
    labels = ("mask/class_labels", "bounding_box/class_labels")
    assert {key: ours.config.get(key) for key in labels} == {key: official.config.get(key) for key in labels}
    assert contents(ours.files) == contents(official.files)


def contents(files: dict[str, bytes]) -> set[object]:
    """Return name and decoded content of each file."""
    return {(stem(path), decoded(path, data)) for path, data in files.items()}


def decoded(path: str, data: bytes) -> object:
    """Return JSON as a value, a picture as its pixels."""
    if path.endswith(".json"):
        return json.dumps(json.loads(data), sort_keys=True)
    with PillowImage.open(io.BytesIO(data)) as picture:
        return picture.mode, picture.size, picture.tobytes()
