"""Media of a run in the message of a view: which files, of which steps, and whatever a foreign row claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from view_runs import RunFile

from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.view.message.row_range import RangeRequest
from wandb_nb.view.message.run_message import parse
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.objects.logged_media import MAX_FILES, MAX_LISTED, MAX_PAGE, MediaPaths, media_page, media_series
from wandb_nb.view.objects.media_files import media_files
from wandb_nb.view.run_text import newest_media

if TYPE_CHECKING:
    from pathlib import Path

PNG = "media/images/a_0_1.png"


def image(path: str = PNG, **more: Any) -> dict[str, Any]:
    """Return the row's JSON of an image."""
    return {"_type": "image-file", "path": path, "sha256": "0", "size": 70, "width": 4, "height": 3, **more}


def batch(*names: str, captions: list[str] | None = None) -> dict[str, Any]:
    """Return the row's JSON of a list of images."""
    options = {} if captions is None else {"captions": captions}
    return {"_type": "images/separated", "count": len(names), "width": 4, "height": 3, "filenames": [*names], **options}


def table_of(*rows: Any) -> HistoryTable:
    """Return a table with these values of "a"."""
    table = HistoryTable()
    table.append_rows([{"_step": step, "_runtime": step / 2, "a": value} for step, value in enumerate(rows)])
    return table


def test_each_form_of_media_has_its_files() -> None:
    """Single media, lists of images and lists of objects become files with kind, path, caption and size."""
    (one,) = media_files(image(caption="a cat"))
    two = list(media_files(batch("media/images/x.png", "media/images/y.png", captions=["x", "y"])))
    sounds = [{"_type": "audio-file", "path": f"media/audio/{name}.wav", "size": 9} for name in "ab"]
    audio = list(media_files({"_type": "audio", "audio": sounds, "captions": ["first", "second"], "count": 2}))
    (molecule,) = media_files({"_type": "molecule", "filenames": ["m.pdb"], "captions": False})

    assert one == {"kind": "image", "path": PNG, "caption": "a cat", "width": 4, "height": 3, "size": 70}
    assert [(file["path"][-5:], file["caption"], file["width"]) for file in two] == [
        ("x.png", "x", 4),
        ("y.png", "y", 4),
    ]
    assert [(file["kind"], file["caption"]) for file in audio] == [("audio", "first"), ("audio", "second")]
    assert molecule["path"] == "media/molecule/m.pdb"
    several = media_files([image(), {"_type": "plotly-file", "path": "media/plotly/p.json"}])
    assert [file["kind"] for file in several] == ["image", "plotly"]


def test_images_have_their_masks_and_boxes() -> None:
    """Each picture has its layers and its metric their labels; paths that lead elsewhere are left out."""
    mask, boxes = "media/images/mask/m.mask.png", "media/metadata/boxes2D/b.boxes2D.json"
    single = image(masks={"truth": {"_type": "mask", "path": mask}, "bad": {"path": "../x"}, "worse": 5})
    several = {
        **batch(PNG, PNG, PNG),
        "all_masks": [None, {"truth": {"path": mask}}],
        "all_boxes": [{"b": {"path": boxes}}],
    }
    labels = {
        "a_wandb_delimeter_truth": {"value": {"1": "cat"}},
        "b_wandb_delimeter_truth": {"value": {"1": "dog"}},
        "x": 1,
    }
    table = table_of(single, several)
    (series,) = media_series(table, {"mask/class_labels": labels, "bounding_box/class_labels": [labels]})

    assert next(media_files(single)).get("layers") == [{"kind": "mask", "name": "truth", "path": mask}]
    assert [[layer["path"] for layer in file.get("layers", ())] for file in media_files(several)] == [
        [boxes],
        [mask],
        [],
    ]
    assert series.get("labels") == [{"kind": "mask", "name": "truth", "labels": {"1": "cat"}}]
    assert {mask, boxes, PNG} == {path for path in (mask, boxes, PNG, "../x") if path in MediaPaths(table)}
    assert "labels" not in media_series(table)[0]


@pytest.mark.parametrize(
    "value",
    [
        image("media/../../etc/passwd"),
        image("/etc/passwd"),
        image("output.log"),
        image("media"),
        image("media/images/..\\..\\x"),
        image("media/images/\0"),
        image("media/c:/x"),
        image("media/" + "x" * 1_000),
        image(None),  # type: ignore[arg-type]
        batch("../x"),
        {"_type": "molecule", "filenames": ["../../x"]},
        {"_type": "images/separated", "filenames": "media/images/a.png"},
        {"_type": ["image-file"], "path": PNG},
        {"_type": "histogram", "values": [1], "bins": [0, 1]},
        "media/images/a.png",
        [1, 2],
        None,
    ],
)
def test_other_values_have_no_files(value: Any) -> None:
    """Paths that lead elsewhere, malformed media and other values give no file, so that no view requests them."""
    assert list(media_files(value)) == []
    assert media_series(table_of(value)) == []


def test_many_steps_are_sampled() -> None:
    """A message has a bounded number of steps and files, spaced evenly, with the last step among them."""
    table = table_of(*[batch(*[f"media/images/{step}_{i}.png" for i in range(100)]) for step in range(120)])
    (series,) = media_series(table)
    steps = [row["step"] for row in series["rows"]]

    assert series["n"] == 120
    assert steps == sorted(set(steps))
    assert (steps[-1], len(steps)) == (119, MAX_FILES // 100)


def test_a_value_with_many_files_is_sent_in_pages() -> None:
    """A message has the first files and their number, requests lead to all others, and each of them may be loaded."""
    names = [f"media/images/{i}.png" for i in range(MAX_LISTED + MAX_PAGE + 50)]
    pictures = batch(*names, captions=[f"number {i}" for i in range(len(names))])
    table = table_of(image(), pictures, [image(name) for name in names])
    first, *_, last = (row for row in media_series(table)[0]["rows"])
    texts = [newest_media(series) for series in media_series(table)]

    assert "count" not in first
    assert (len(last["files"]), last.get("count")) == (MAX_LISTED, len(names))
    assert texts == [f"{len(names)} pictures at step 2"]
    for step in (1.0, 2.0):
        files = [*media_series(table)[0]["rows"][int(step)]["files"]]
        while page := media_page(table, "a", step, len(files)):
            assert len(page["rows"][0]["files"]) <= MAX_PAGE
            files += page["rows"][0]["files"]
        assert [file["path"] for file in files] == names
        assert [file["caption"] for file in files[-1:]] == [f"number {len(names) - 1}" if step == 1 else ""]
    paths = MediaPaths(table)
    assert all(name in paths for name in names)
    assert media_page(table, "a", 7.0, 0) is media_page(table, "b", 1.0, 0) is None


def test_a_page_is_requested_as_a_range(tmp_path: Path) -> None:
    """A request with the place of a file is answered by a message with the files from there on, and no points."""
    file = RunFile(tmp_path / "run")
    file.log({"a": batch(*[f"media/images/{i}.png" for i in range(MAX_LISTED + 5)]), "loss": 1}, 0)
    stream = RunStream(file.directory, lambda _directory: True)
    stream.advance()
    request = {"keys": ["a"], "axis": "step", "from": 0, "to": 0, "firstFile": MAX_LISTED}
    header = parse(stream.range(RangeRequest.parse(request)).to_bytes()).header
    (series,) = header["media"] or []

    assert [one["path"] for one in series["rows"][0]["files"]] == [f"media/images/{200 + i}.png" for i in range(5)]
    assert header["series"] == []
    for wrong in ({"firstFile": -1}, {"firstFile": "1"}, {"firstFile": 1.5}, {"axis": "time"}):
        with pytest.raises(ValueError, match="not the place"):
            RangeRequest.parse({**request, **wrong})


def test_a_row_names_its_files() -> None:
    """The files that rows name are recognised, also those of rows that arrive later."""
    table = table_of(image())
    paths = MediaPaths(table)
    later = "media/images/b_1_2.png"

    assert PNG in paths
    assert later not in paths
    table.append_rows([{"_step": 1, "a": image(later)}])
    assert later in paths
    assert "output.log" not in paths


def test_a_message_has_media_once(tmp_path: Path) -> None:
    """Media come with the first message, again when some was logged, and the newest ones in a snapshot."""
    file = RunFile(tmp_path / "run")
    file.log({"a": image(), "loss": 1}, 0)
    stream = RunStream(file.directory, lambda _directory: True)
    stream.advance()
    first = parse(stream.message().to_bytes()).header
    file.log({"loss": 2}, 1)
    stream.advance()
    second = stream.message(first["cursor"]).header
    file.log({"a": image("media/images/new.png")}, 2)
    stream.advance()
    third = stream.message(second["cursor"]).header

    assert [row["files"][0]["path"] for row in (first["media"] or [])[0]["rows"]] == [PNG]
    assert second["media"] is None
    assert [row["step"] for row in (third["media"] or [])[0]["rows"]] == [0, 2]
    assert [row["step"] for row in (stream.snapshot().header["media"] or [])[0]["rows"]] == [2]


def test_only_regular_files_of_the_run_are_opened(tmp_path: Path) -> None:
    """A file that a row names is opened; one that no row names, a link, and one below a link are not."""
    file = RunFile(tmp_path / "run")
    folder = file.directory / "files" / "media" / "images"
    folder.mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(b"secret")
    (folder / "good.png").write_bytes(b"good")
    (folder / "unnamed.png").write_bytes(b"unnamed")
    (folder / "link.png").symlink_to(outside / "secret.png")
    (folder.parent / "elsewhere").symlink_to(outside)
    names = ["images/good.png", "images/link.png", "elsewhere/secret.png", "images/missing.png"]
    file.log({"a": batch(*[f"media/{name}" for name in names])}, 0)
    stream = RunStream(file.directory, lambda _directory: True)
    stream.advance()

    opened = stream.open_media("media/images/good.png")
    assert opened is not None
    with opened:
        assert opened.read() == b"good"
    refused = [*[f"media/{name}" for name in names[1:]], "media/images/unnamed.png", "media/../media/images/good.png"]
    assert [stream.open_media(path) for path in refused] == [None] * len(refused)
