"""Media made of what they cannot be made of: an error at that call that names what to give, or a notice of `log()`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import wandb_nb
from wandb_nb.errors import Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Start

PIXELS = np.zeros((2, 3), "uint8")
RAGGED = [[1, 2], [3]]


def closed_file() -> io.BytesIO:
    """Return a file that cannot be read any more."""
    file = io.BytesIO(b"x")
    file.close()
    return file


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda: wandb_nb.Image(PIXELS, masks=[PIXELS]), "give masks="),
        (lambda: wandb_nb.Image(PIXELS, masks={"m": {"path": None}}), "give {'mask_data': 2-D integers}"),
        (lambda: wandb_nb.Image(PIXELS, boxes=[{}]), "give boxes="),
        (lambda: wandb_nb.Image(PIXELS, boxes={"b": None}), "give {'box_data':"),
        (lambda: wandb_nb.Image(PIXELS, boxes={"b": {"box_data": None}}), "give {'box_data':"),
        (lambda: wandb_nb.Image(PIXELS, classes="abc"), "give {'id': 0, 'name': 'cat'}"),
        (lambda: wandb_nb.Classes(None), "give [{'id': 0, 'name': 'cat'}]"),
        (lambda: wandb_nb.Audio(np.zeros(9), sample_rate="x"), "give sample_rate=44100"),
        (lambda: wandb_nb.Audio(np.zeros(9), sample_rate=float("nan")), "give sample_rate=44100"),
        (lambda: wandb_nb.Audio(np.zeros(9)), "give sample_rate=44100"),
        (lambda: wandb_nb.Html(Path("missing.html")), "check the path"),
        (lambda: wandb_nb.Histogram([1, 2], num_bins=1.5), "give 1 to 512"),
        (lambda: wandb_nb.Histogram([1, 2], num_bins="x"), "give 1 to 512"),
        (lambda: wandb_nb.Histogram(RAGGED), "give numbers"),
        (lambda: wandb_nb.Histogram(np_histogram=5), "give what numpy.histogram() returns"),
        (lambda: wandb_nb.Histogram(np_histogram=([1],)), "give what numpy.histogram() returns"),
        (lambda: wandb_nb.Table(5), "give columns=['a']"),
        (lambda: wandb_nb.Table(["a"], 5), "give columns=['a']"),
        (lambda: wandb_nb.Table(["a"], [1]), "give data=[[1], [2]]"),
        (lambda: wandb_nb.Table(["a"], ["x"]), "give data=[[1], [2]]"),
    ],
)
def test_misuse_is_an_error_that_says_what_to_give(make: Callable[[], Any], remedy: str) -> None:
    """A constructor refuses what it cannot use with an error of the package, which ends with the remedy."""
    with pytest.raises(Error) as caught:
        make()
    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [io.StringIO("text"), closed_file(), RAGGED, object()],
    ids=["text file", "closed file", "ragged rows", "object"],
)
def test_data_of_no_picture_costs_only_that_picture(
    data: Any, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture of unusable data is reported with its key by `log()`; the rest of the row is stored."""
    run = start(settings={"silent": False})
    run.log({"picture": wandb_nb.Image(data), "loss": 0.5})
    run.finish()
    assert dict(run.summary).get("loss") == 0.5
    assert "picture" not in dict(run.summary)
    assert "picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    "make",
    [
        lambda text: wandb_nb.Image(PIXELS, masks={"m": {"mask_data": PIXELS, "class_labels": {0: text}}}),
        lambda text: wandb_nb.plot.bar(wandb_nb.Table(["a", "b"], [[1, 2]]), "a", "b", title=text),
        lambda text: wandb_nb.Image(PIXELS, caption=text),
    ],
    ids=["labels in the config", "a title in the config", "a caption in the row"],
)
def test_texts_that_are_too_long_cost_only_their_value(
    make: Callable[[str], Any], start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """Texts of more than the 10 MB that a row, or a value in the config, may have are reported with their key."""
    run = start(settings={"silent": False})
    run.log({"long": make("x " * 5_000_001), "loss": 0.5})
    run.finish()
    assert dict(run.summary).get("loss") == 0.5
    assert "'long': " in capsys.readouterr().err
    assert Path(run.dir).parent.joinpath(f"run-{run.id}.wandb").stat().st_size < 1_000_000


def test_files_with_capital_endings_are_accepted(tmp_path: Path) -> None:
    """The type of a file does not depend on capitals."""
    for name in ("a.OBJ", "b.PDB"):
        (tmp_path / name).write_text("x")
    assert wandb_nb.Object3D(str(tmp_path / "a.OBJ")).suffix == "obj"
    assert wandb_nb.Molecule(str(tmp_path / "b.PDB")).suffix == "pdb"
    assert wandb_nb.Histogram([1, 2, 3], num_bins=2.0).histogram == [1, 2]  # type: ignore[arg-type]
