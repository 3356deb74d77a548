"""Media read back: `read()` gives objects with `load()`, and the terminal names them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.data.stored_media import StoredMedia
from wandb_nb.errors import MediaError
from wandb_nb.view.run_text import summary_lines

PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)


def test_each_kind_is_loaded_as_what_it_is(start):
    """Pictures, lists, sounds, tables, pages, points, histograms and masks come back as they were logged."""
    run = start()
    mask = {"mask_data": PICTURE[..., 0] % 3}
    run.log(
        {
            "image": wandb.Image(PICTURE, masks={"m": mask}),
            "list": [wandb.Image(PICTURE), wandb.Image(PICTURE[:5])],
            "sound": wandb.Audio(np.array([[0, 1], [2, 3]], np.int16), sample_rate=8000),
            "table": wandb.Table(["a", "b"], [[1, "x"]]),
            "page": wandb.Html("<b>x</b>", inject=False),
            "points": wandb.Object3D([[1, 2, 3]]),
            "histogram": wandb.Histogram([1, 2], num_bins=2),
            "nested": {"deep": wandb.Image(PICTURE[:7])},
            "plain": {"a": 1},
            "mixed": [wandb.Html("1"), wandb.Image(PICTURE[:3])],
            "loss": 0.5,
        }
    )
    run.log({"loss": 0.25})
    run.finish()
    frame = wandb.read(run.file)
    row = frame.iloc[0]
    assert (np.asarray(row["image"].load()) == PICTURE).all()
    assert [picture.size for picture in row["list"].load()] == [(30, 20), (30, 5)]
    rate, samples = row["sound"].load()
    assert (rate, samples.tolist()) == (8000, [[0, 1], [2, 3]])
    assert row["table"].load().to_dict("records") == [{"a": 1, "b": "x"}]
    assert row["page"].load() == "<b>x</b>"
    assert row["points"].load() == [[1, 2, 3]]
    assert row["histogram"].load() == ([1, 1], [1.0, 1.5, 2.0])
    assert row["nested.deep"].load().size == (30, 7)
    assert [type(each.load()).__name__ for each in row["mixed"]] == ["str", "PngImageFile"]
    assert row["image"]["width"] == 30, "it is still the JSON of the row"
    assert repr(row["image"]) == f"<image-file {row['image']['path']}>"
    assert frame["loss"].tolist() == [0.5, 0.25]
    assert frame["image"][1] is None
    assert run.history()["image"][0].load().size == (30, 20)


def test_a_missing_file_is_one_clear_line(start):
    """A picture whose file is gone is reported by its path."""
    run = start()
    run.log({"image": wandb.Image(PICTURE)})
    run.finish()
    stored = wandb.read(run.file)["image"][0]
    Path(run.dir, stored["path"]).unlink()
    with pytest.raises(MediaError, match=r"the run has no file 'media/images/image_0_"):
        stored.load()


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/hostname", "", "a/../../secret.txt", "nul\0", "link.txt"])
def test_no_path_leads_out_of_the_run(tmp_path, path):
    """A row that somebody else wrote cannot make `load()` read another file of this machine."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "run"
    (folder / "files").mkdir(parents=True)
    (folder / "secret.txt").write_text("secret")
    (folder / "files" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(MediaError, match="the run has no file"):
        StoredMedia({"_type": "html-file", "path": path}, [folder]).load()


def test_the_terminal_names_media():
    """The summary has one line for a picture, a list and a table: what it is, its size, its file."""
    summary = {
        "i": {"_type": "image-file", "width": 30, "height": 20, "path": "media/images/i.png"},
        "l": {"_type": "images/separated", "width": 30, "height": 20, "count": 3},
        "t": {"_type": "table-file", "nrows": 7, "ncols": 2, "path": "media/table/t.json"},
        "plain": {"a": 1},
    }
    assert summary_lines(summary) == [
        "i  image-file 30 x 20, media/images/i.png",
        "l  images/separated 30 x 20, 3 items",
        "t  table-file 7 x 2, media/table/t.json",
    ]


@pytest.mark.parametrize(
    ("kind", "path", "content"),
    [
        ("image-file", "media/a.png", b"not a picture"),
        ("image-file", "media/a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("image-file", "media/a.png", b"BM" + bytes(16) + b"\xff\xff\xff\x7f\xff\xff\xff\x7f" + bytes(60)),
        ("table-file", "media/t.table.json", b"[" * 1_000_000),
        ("table-file", "media/t.table.json", b'{"columns": 1}'),
        ("audio-file", "media/a.wav", b"RIFF"),
        ("plotly-file", "media/p.json", b"{"),
    ],
)
def test_a_hostile_file_is_one_clear_error(tmp_path, kind, path, content):
    """A broken or hostile file is an error of media, without a crash and without another format's decoder."""
    (tmp_path / "files" / "media").mkdir(parents=True)
    (tmp_path / "files" / path).write_bytes(content)
    with pytest.raises(MediaError, match="cannot be read"):
        StoredMedia({"_type": kind, "path": path}, [tmp_path]).load()


def test_a_huge_file_is_not_loaded(tmp_path):
    """A file of more than 1 GiB, which a few bytes on disk can be, is refused with the way to read it."""
    (tmp_path / "files").mkdir()
    with (tmp_path / "files" / "t.json").open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(MediaError, match=r"more than 1024 MiB: use read_bytes\(\)"):
        StoredMedia({"_type": "table-file", "path": "t.json"}, [tmp_path]).load()
