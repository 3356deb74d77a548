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
    """Name, subfolders and link are documented; folders for requests and segments are created when needed."""
    run_dir = RunDir.create(tmp_path, "abcd1234", offline=True, when=WHEN)
    assert run_dir.path == tmp_path / "wandb" / "offline-run-20240203_040506-abcd1234"
    assert run_dir.run_file == run_dir.path / "run-abcd1234.wandb"
    assert sorted(path.name for path in run_dir.path.iterdir()) == ["files", "logs", "tmp"]
    assert (run_dir.path / "tmp" / "code").is_dir()
    assert run_dir.stop_file == run_dir.path / "control" / "stop"
    assert run_dir.segments == run_dir.path / "segments"
    assert run_dir.linked
    assert (tmp_path / "wandb" / "latest-run").resolve() == run_dir.path
    assert not run_dir.warning


def test_the_link_moves_and_names_are_numbered(tmp_path):
    """A second run with the same second and id gets a number, and `latest-run` points to it."""
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
    """`.wandb` is used instead of `wandb` if it exists."""
    (tmp_path / ".wandb").mkdir()
    assert RunDir.create(tmp_path, "a", offline=True, when=WHEN).path.parent.name == ".wandb"


def test_a_run_needs_no_links(tmp_path):
    """If `latest-run` cannot be made, the run directory reports it and is sound."""
    (tmp_path / "wandb" / "latest-run" / "in the way").mkdir(parents=True)
    run_dir = RunDir.create(tmp_path, "a", offline=True, when=WHEN)
    assert run_dir.path.is_dir()
    assert not run_dir.linked
    assert not list((tmp_path / "wandb").glob(".latest-run*"))


@pytest.mark.skipif(sys.platform == "win32", reason="a file for a folder fails in another way there")
def test_an_unwritable_root_is_replaced_by_a_temporary_folder(tmp_path, monkeypatch):
    """The run is stored elsewhere, and a message for the user gives the path."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    run_dir = RunDir.create(tmp_path / "file", "a", offline=True, when=WHEN)
    assert run_dir.path.is_dir()
    assert str(run_dir.path) in run_dir.warning
    assert str(tmp_path / "file") in run_dir.warning
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="no run directory can be made"):
        RunDir.create(tmp_path / "file", "a", offline=True, when=WHEN)


def test_every_reader_takes_the_file_named_like_the_directory(tmp_path):
    """If a directory has several run files, all readers take the one named after it, also through a link."""
    run_dir = RunDir.create(tmp_path, "b-own", offline=True, when=WHEN)
    for name in ("a", "own", "b-own", "z"):
        writer = RunWriter(run_dir.path / f"run-{name}.wandb")
        writer.append(records.run(name))
        writer.close()
    for reference in (run_dir.path, tmp_path / "wandb" / "latest-run"):
        assert RunDir.open(reference).run_id == "b-own"
        assert run_id(run_file(reference)) == "b-own"
        assert run_id(RunStream(reference).file) == "b-own"
        assert load(reference).id == "b-own"
        assert run_id(verify(reference).run_file) == "b-own"


def test_a_directory_or_a_file_opens(tmp_path):
    """Both open the same run; the id is that of the file; anything else is an error that names it."""
    run_dir = RunDir.create(tmp_path, "abcd1234", offline=True, when=WHEN)
    with pytest.raises(StoreError, match=run_dir.path.name):
        RunDir.open(run_dir.path)
    run_dir.run_file.touch()
    for reference in (run_dir.path, str(run_dir.run_file), Path(tmp_path, "wandb", "latest-run")):
        opened = RunDir.open(reference)
        assert opened.run_id == "abcd1234"
        assert opened.run_file.samefile(run_dir.run_file)
    with pytest.raises(StoreError, match="missing"):
        RunDir.open(tmp_path / "missing.wandb")
