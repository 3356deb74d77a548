"""Run directories."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import pytest

from wandb_nb.errors import StoreError
from wandb_nb.store.format import records
from wandb_nb.store.format.layout import RunDir, run_file, run_id
from wandb_nb.store.reading.tail import verify
from wandb_nb.store.runs.frame import load
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.view.message.run_stream import RunStream

WHEN = datetime(2024, 2, 3, 4, 5, 6)  # noqa: DTZ001 - directory names are in local time


def test_a_run_directory_has_its_documented_form(tmp_path):
    """Name, subfolders and link are those of the format; folders for requests and segments are not made ahead."""
    made = RunDir.create(tmp_path, "abcd1234", offline=True, when=WHEN)
    assert made.path == tmp_path / "wandb" / "offline-run-20240203_040506-abcd1234"
    assert made.run_file == made.path / "run-abcd1234.wandb"
    assert sorted(path.name for path in made.path.iterdir()) == ["files", "logs", "tmp"]
    assert (made.path / "tmp" / "code").is_dir()
    assert made.stop_file == made.path / "control" / "stop"
    assert made.segments == made.path / "segments"
    assert made.linked
    assert (tmp_path / "wandb" / "latest-run").resolve() == made.path
    assert not made.warning


def test_the_link_moves_and_names_are_numbered(tmp_path):
    """A second run of that second and id gets a number, and `latest-run` points to it."""
    first = RunDir.create(tmp_path, "a", offline=False, when=WHEN)
    second = RunDir.create(tmp_path, "a", offline=False, when=WHEN)
    third = RunDir.create(tmp_path, "a", offline=False, when=WHEN)
    assert [run.path.name for run in (first, second, third)] == [
        "run-20240203_040506-a",
        "run-20240203_040506-a-1",
        "run-20240203_040506-a-2",
    ]
    assert os.readlink(tmp_path / "wandb" / "latest-run") == third.path.name  # noqa: PTH115 - the link's own text


def test_a_hidden_workspace_is_used_where_it_exists(tmp_path):
    """`.wandb` takes the place of `wandb` if it is there already."""
    (tmp_path / ".wandb").mkdir()
    assert RunDir.create(tmp_path, "a", offline=True, when=WHEN).path.parent.name == ".wandb"


def test_without_links_the_run_goes_on(tmp_path):
    """Where `latest-run` cannot be made, the run directory tells so and is sound."""
    (tmp_path / "wandb" / "latest-run" / "in the way").mkdir(parents=True)
    made = RunDir.create(tmp_path, "a", offline=True, when=WHEN)
    assert made.path.is_dir()
    assert not made.linked
    assert not list((tmp_path / "wandb").glob(".latest-run*"))


@pytest.mark.skipif(sys.platform == "win32", reason="a file for a folder fails in another way there")
def test_an_unwritable_root_is_replaced_by_a_temporary_folder(tmp_path, monkeypatch):
    """The run is stored elsewhere, and a sentence for the user says where."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    made = RunDir.create(tmp_path / "file", "a", offline=True, when=WHEN)
    assert made.path.is_dir()
    assert str(made.path) in made.warning
    assert str(tmp_path / "file") in made.warning
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="no run directory can be made"):
        RunDir.create(tmp_path / "file", "a", offline=True, when=WHEN)


def test_every_reader_takes_the_directory_s_own_file(tmp_path):
    """Of several run files in a directory all readers take the one it is named after, also through a link."""
    made = RunDir.create(tmp_path, "b-own", offline=True, when=WHEN)
    for name in ("a", "own", "b-own", "z"):
        writer = RunWriter(made.path / f"run-{name}.wandb")
        writer.append(records.run(name))
        writer.close()
    for given in (made.path, tmp_path / "wandb" / "latest-run"):
        assert RunDir.open(given).run_id == "b-own"
        assert run_id(run_file(given)) == "b-own"
        assert run_id(RunStream(given).file) == "b-own"
        assert load(given).id == "b-own"
        assert run_id(verify(given).run_file) == "b-own"


def test_a_directory_or_a_file_opens(tmp_path):
    """Both mean the same run; the id is that of the file; anything else is an error that names it."""
    made = RunDir.create(tmp_path, "abcd1234", offline=True, when=WHEN)
    with pytest.raises(StoreError, match=made.path.name):
        RunDir.open(made.path)
    made.run_file.touch()
    for given in (made.path, str(made.run_file), Path(tmp_path, "wandb", "latest-run")):
        opened = RunDir.open(given)
        assert opened.run_id == "abcd1234"
        assert opened.run_file.samefile(made.run_file)
    with pytest.raises(StoreError, match="missing"):
        RunDir.open(tmp_path / "missing.wandb")
