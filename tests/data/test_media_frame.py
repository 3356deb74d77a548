"""The way of a media value: encoded once, whole on disk before its row; a bad one costs only itself."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from logged_run import read_run

import wandb_nb as wandb
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_store import MediaStore

PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
KILLS = int(os.environ.get("MEDIA_KILLS", "8"))


def test_a_file_is_announced_before_its_row_names_it(logged):
    """The row's JSON has path, digest and size of a file that exists and that a files record names."""
    run = logged({"img": wandb.Image(PICTURE), "loss": 0.5})
    (row,) = run.rows
    assert row["loss"] == 0.5
    path = row["img"]["path"]
    assert path == f"media/images/img_0_{row['img']['sha256'][:20]}.png"
    assert hashlib.sha256(run.files[path]).hexdigest() == row["img"]["sha256"]
    assert row["img"]["size"] == len(run.files[path])
    assert path in run.announced


def test_equal_bytes_are_stored_once(logged):
    """The same picture under two keys, in a list and at a later step is one file."""
    image = wandb.Image(PICTURE)
    run = logged({"a": image, "b": wandb.Image(PICTURE.copy())}, {"c": [image, image]})
    assert len(run.files) == 1
    assert run.rows[0]["a"]["path"] == run.rows[0]["b"]["path"] == run.rows[1]["c"]["filenames"][1]


def test_a_value_that_cannot_be_encoded_costs_only_itself(start, capsys):
    """Bad media is reported with key, shape and what is accepted; the rest of the row, and later rows, are stored."""
    run = start(settings={"silent": False})
    run.log({"bad": wandb.Image(np.zeros((2, 3, 2))), "good": wandb.Image(PICTURE), "nested": {"no": wandb.Image("x")}})
    run.log({"loss": 1})
    run.finish()
    printed = capsys.readouterr().err
    assert "cannot log 'bad': an image cannot be made of ndarray of shape (2, 3, 2): give an array of" in printed
    assert "cannot log 'nested.no': there is no file x for an image" in printed
    rows = read_run(Path(run.file).parent).rows
    assert [sorted(row) for row in rows] == [["good"], ["loss"]]


def test_a_full_disk_loses_the_picture_and_nothing_else(start, capsys):
    """Where the folder cannot be written the value is dropped with a notice that names the key."""
    run = start(settings={"silent": False})
    Path(run.dir, "media").write_text("in the way", "utf-8")
    run.log({"img": wandb.Image(PICTURE), "loss": 2.0})
    run.finish()
    assert "cannot log 'img': the file cannot be stored" in capsys.readouterr().err
    assert read_run(Path(run.file).parent).rows == [{"loss": 2.0}]


@pytest.mark.parametrize("key", ["../../up", "/abs/key", "..", "a/../../b", "x" * 400, "nul\0key", "a\\b", "üñ/ß"])
def test_no_key_leads_out_of_the_folder(logged, key):
    """Whatever the key, the file is below `files/media` and the row points to it."""
    run = logged({key: wandb.Image(PICTURE)})
    ((path, _),) = run.files.items()
    assert path.startswith("media/images/")
    assert ".." not in Path(path).parts
    assert next(iter(run.rows[0].values()))["path"] == path


def test_a_picture_keeps_the_pixels_it_had(start):
    """What happens to an array between making the image and logging it does not change the picture."""
    from PIL import Image as PillowImage

    pixels = PICTURE.copy()
    image = wandb.Image(pixels)
    pixels[:] = 0
    run = start()
    run.log({"img": image})
    run.finish()
    (path,) = Path(run.dir, "media").rglob("*.png")
    assert (np.asarray(PillowImage.open(path)) == PICTURE).all()


def test_media_in_the_summary_are_named_after_it(logged):
    """A picture set in the summary is a file whose name has `summary` for the step; logged ones appear there, too."""
    run = logged({"img": wandb.Image(PICTURE)}, summary={"best": wandb.Image(PICTURE[:5])})
    assert run.summary["best"]["path"].startswith("media/images/best_summary_")
    assert run.summary["img"] == run.rows[0]["img"]


def test_a_step_names_its_file(start):
    """The step that the row gets is in the name of the file, also one given by `step=` or `_step`."""
    run = start()
    run.log({"a": wandb.Image(PICTURE)}, step=7)
    run.log({"b": wandb.Image(PICTURE[:9]), "_step": 12})
    run.finish()
    names = sorted(path.name[:5] for path in Path(run.dir, "media").rglob("*.png"))
    assert names == ["a_7_" + names[0][4], "b_12_"]


def test_secrets_in_captions_are_removed(start, monkeypatch):
    """A key in a caption or in a class label never reaches row, file, config or summary."""
    secret = "c0ffee" + "9f8e7d6c5b4a39281706f5e4d3c2b1a0" + "de"
    monkeypatch.setenv("SERVICE_API_KEY", secret)
    run = start()
    mask = {"mask_data": PICTURE[..., 0] % 2, "class_labels": {0: f"label {secret}"}}
    box = {"position": {"middle": [0.5, 0.5], "width": 0.1, "height": 0.1}, "class_id": 1, "box_caption": secret}
    image = wandb.Image(PICTURE, caption=f"uses {secret}", masks={"m": mask}, boxes={"b": {"box_data": [box]}})
    run.log({"img": image, "list": [image]})
    run.finish()
    folder = Path(run.file).parent
    for path in folder.rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes(), path
    assert read_run(folder).rows[0]["img"]["caption"] == "uses [redacted]"


def test_a_disabled_run_accepts_media(tmp_path):
    """In disabled mode a picture is accepted, and nothing is written."""
    run = wandb.init(dir=tmp_path, mode="disabled")
    run.log({"img": wandb.Image(PICTURE), "bad": wandb.Image(5), "loss": 1})
    run.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_file_given_by_path_is_copied_in_pieces(tmp_path):
    """The copy has the bytes and the digest of the file, and its size does not matter for memory."""
    source = tmp_path / "long.bin"
    data = os.urandom(3_000_000)
    source.write_bytes(data)
    content = MediaContent(path=source)
    store = MediaStore(tmp_path / "files", lambda _record: None, lambda value, _name: value)
    stored = store.target("v", 3).file(content, "videos", "bin")
    assert (tmp_path / "files" / stored["path"]).read_bytes() == data
    assert stored["sha256"] == hashlib.sha256(data).hexdigest()
    assert [path.name for path in (tmp_path / "files" / "media").iterdir()] == ["videos"]


def assert_whole(directory, client_id):
    """Check that an artifact is in the run's directory with every file of its manifest."""
    manifest = directory / "artifacts" / "manifests" / f"{client_id}.json"
    for entry in json.loads(manifest.read_bytes())["contents"].values():
        name = base64.b64decode(entry["digest"]).hex()
        content = (directory / "artifacts" / "objects" / name).read_bytes()
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == name


@pytest.mark.crash
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_no_row_points_to_a_missing_file_after_kill(tmp_path):
    """Killed at random moments while it logs media and artifacts: each reported row is there, its files are whole."""
    chance = random.Random(7)  # noqa: S311 -- no secret
    total = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, str(Path(__file__).with_name("media_logger.py")), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            reported = 1 + process.stdout.read().count(b"\n")
        (directory,) = (folder / "wandb").glob("offline-run-*")
        run = read_run(directory)
        assert len(run.rows) >= reported
        for row in run.rows:
            for value in (row[key] for key in ("noise", "table", "video") if key in row):
                assert hashlib.sha256(run.files[value["path"]]).hexdigest() == value["sha256"]
            if "table" in row:
                address = row["table"]["artifact_path"].removeprefix("wandb-client-artifact://")
                assert address.partition("/")[0] in {artifact.client_id for artifact in run.artifacts}
        for artifact in run.artifacts:
            assert_whole(directory, artifact.client_id)
        total += len(run.rows)
    assert total > KILLS
