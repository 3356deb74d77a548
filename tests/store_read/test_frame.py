"""Runs are found by what users call them and read into pandas."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from wandb_nb.errors import RunNotFoundError, StoreError
from wandb_nb.store.format import records
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.reading.tail import verify
from wandb_nb.store.runs.find import find_run
from wandb_nb.store.runs.frame import read
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.run_chain import RunPart, parts
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items
from wandb_nb.store.writing.writer import RunWriter

GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
ENCODER = RowEncoder()


def make(root: Path, run_id: str, steps: range, *, hours: int = 0, resumed: bool = False) -> Path:
    """Make a registered, finished run of *steps*, each with `loss`, and every second one with `val.acc`."""
    when = NOON + timedelta(hours=hours)
    run = RunDir.create(root, run_id, offline=True, when=when)
    writer = RunWriter(run.run_file)
    writer.append(
        records.run(run_id=run_id, project="p", name=f"name-{run_id}", resumed=resumed, starting_step=steps.start)
    )
    for step in steps:
        row = {"loss": 1 / (step + 1), "note": "odd"} if step % 2 else {"loss": 1 / (step + 1), "val": {"acc": step}}
        writer.append(ENCODER.encode(row, step, step / 10, 1e9 + step))
    writer.append(records.exit(0, 5))
    writer.close()
    Registry().register(run_id=run_id, path=run.path, name=f"name-{run_id}", created=when.timestamp())
    return run.path


def test_a_frame_has_the_rows(tmp_path: Path):
    """Columns, dtypes, gaps and attributes are as documented."""
    frame = read(make(tmp_path, "abcd1234", range(4)))

    assert list(frame.columns) == ["_step", "_runtime", "_timestamp", "loss", "val.acc", "note"]
    assert frame["_step"].tolist() == [0, 1, 2, 3]
    assert frame["_step"].dtype == "int64"
    assert frame["loss"].dtype == "float64"
    assert frame["loss"].tolist() == [1, 1 / 2, 1 / 3, 1 / 4]
    assert frame["val.acc"].isna().tolist() == [False, True, False, True]
    assert [None if value != value else value for value in frame["note"].tolist()] == [None, "odd", None, "odd"]  # noqa: PLR0124
    assert tuple(frame.attrs[key] for key in ("id", "name", "project", "config")) == (
        "abcd1234",
        "name-abcd1234",
        "p",
        {},
    )
    assert frame.attrs["summary"]["loss"] == 1 / 4


def test_attempts_cells_and_writers_are_columns_where_present(tmp_path: Path):
    """`_attempt`, `_cell` and `_writer` appear once a row has them."""
    path = tmp_path / "run-x.wandb"
    writer = RunWriter(path)
    writer.append(ENCODER.encode({"a": 1}, 0, 0.0, 0.0), ENCODER.encode({"a": 2}, 0, 0.0, 0.0, extra_items(3, 1, 9)))
    writer.close()
    frame = read(path)

    assert frame["_attempt"].tolist() == [0, 1]
    assert frame["_writer"].tolist() == [0, 9]
    assert frame["_cell"].isna().tolist() == [True, False]


def test_a_run_is_found_by_path_id_name_and_latest(tmp_path: Path):
    """Directory, file, id, name and "latest" all find the run; of two runs with one name the newer wins."""
    first = make(tmp_path, "aaaa1111", range(1))
    second = make(tmp_path, "bbbb2222", range(1), hours=1)

    assert first == find_run(first) == find_run(str(first)) == find_run("aaaa1111") == find_run("name-aaaa1111")
    assert find_run(first / "run-aaaa1111.wandb") == first / "run-aaaa1111.wandb"
    assert second == find_run("latest")


def test_runs_below_wandb_here_are_found_unregistered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A run directory of the official package, which is not in any registry, is found by its id."""
    folder = tmp_path / "wandb" / "offline-run-20260101_120000-golden01"
    folder.mkdir(parents=True)
    shutil.copy(GOLDEN / "wandb-0.31.0.wandb", folder / "run-golden01.wandb")
    monkeypatch.chdir(tmp_path)

    assert len(read("golden01")) == len(read("latest")) == 67


@pytest.mark.parametrize("ref", ["", "nothing", "a\0b", "x" * 5000, "../..", "latest", "*"])
def test_an_unknown_run_is_an_error(ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An unknown name of any form is one clear error."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunNotFoundError, match=r"[Nn]o run"):
        read(ref)


def test_a_near_name_is_suggested(tmp_path: Path):
    """A misspelled name gets a suggestion."""
    make(tmp_path, "aaaa1111", range(1))
    with pytest.raises(RunNotFoundError, match="name-aaaa1111"):
        read("name-aaa1111")


def test_a_resumed_run_is_read_as_one(tmp_path: Path):
    """The directories that a run was resumed from are joined in order; data from before a fresh start is excluded."""
    make(tmp_path, "aaaa1111", range(9), hours=0)
    first = make(tmp_path, "aaaa1111", range(2), hours=1)
    second = make(tmp_path, "aaaa1111", range(2, 4), hours=2, resumed=True)
    make(tmp_path, "aaaa1111", range(4, 5), hours=3, resumed=True)

    assert read("aaaa1111")["_step"].tolist() == [0, 1, 2, 3, 4]
    assert read(second)["_step"].tolist() == [0, 1, 2, 3]
    assert [RunPart(first)] == parts(first)


def test_segments_are_joined_as_separate_rows(tmp_path: Path):
    """Rows of a child's segment are read too; rows of one step from two writers stay two rows."""
    path = make(tmp_path, "aaaa1111", range(3))
    (path / "segments").mkdir(exist_ok=True)
    child = RunWriter(path / "segments" / "77-1.wandb")
    child.append(ENCODER.encode({"loss": 9}, 2, 0.0, 0.0))
    child.close()

    assert read(path)["_step"].tolist() == [0, 1, 2, 2]
    assert [path / "segments" / "77-1.wandb"] == verify(path).segments


def test_verify_reports_damage(tmp_path: Path):
    """A flipped byte is reported with its position, and the report is not OK."""
    path = make(tmp_path, "aaaa1111", range(2000))
    file = path / "run-aaaa1111.wandb"
    content = bytearray(file.read_bytes())
    content[5000] ^= 1
    file.write_bytes(content)
    report = verify(path)

    assert not report.ok
    assert len(report.damage) == 1
    assert report.damage[0][1].start <= 5000 < report.damage[0][1].end
    assert report.lost < 300
    assert report.rows == 1999
    assert report.as_dict()["damage"][0]["start"] == report.damage[0][1].start


def test_a_missing_run_file_is_an_error(tmp_path: Path):
    """A registered run without its directory is not found, and neither is a directory without a run file."""
    path = make(tmp_path, "aaaa1111", range(1))
    shutil.rmtree(path)
    with pytest.raises((RunNotFoundError, StoreError)):
        read("aaaa1111")
    with pytest.raises(RunNotFoundError):
        read(tmp_path)
