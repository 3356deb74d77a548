"""`init(sync_tensorboard=True)`: what writers of this and other processes write becomes rows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from event_writer import event, scalar, write
from waiting import until

import wandb_nb as wandb
from wandb_nb.tensorboard import writer_hooks
from wandb_nb.tensorboard.log_folders import namespace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., wandb.Run]

INTERNAL = ("_timestamp", "_runtime", "_step", "_wandb")


@pytest.fixture(autouse=True)
def _fresh_folders() -> Iterator[None]:
    """Start and end without folders of writers, and with the writers' own functions."""
    writer_hooks.folders.__init__()  # type: ignore[misc]  # as at the start of a process
    yield
    writer_hooks.unpatch()


def rows(run: wandb.Run) -> list[dict[str, Any]]:
    """Return the rows of *run* without the tracker's own values."""
    read = wandb.Api(overrides={"project": run.project}).run(run.id).scan_history()
    return [{key: value for key, value in row.items() if key not in INTERNAL} for row in read]


def test_everything_of_a_writer_is_recorded(start: Start, tmp_path: Path) -> None:
    """[I3] Scalars, images, histograms, texts, sounds, curves and hparams are rows, media and config."""
    from tensorboardX import SummaryWriter

    run = start(sync_tensorboard=True)
    writer = SummaryWriter(tmp_path / "logs")
    for step in range(3):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalar("accuracy", step, step)
    writer.add_image("picture", np.zeros((3, 4, 4), np.uint8), 5)
    writer.add_histogram("weights", np.arange(100), 5)
    writer.add_text("note", "some *text*", 5)
    writer.add_audio("sound", np.zeros(100), 5, 8000)
    writer.add_pr_curve("curve", np.array([0, 1, 1]), np.array([0.1, 0.8, 0.9]), 5)
    writer.add_hparams({"lr": 0.1, "optimizer": "adam", "nesterov": True}, {}, name="hparams")
    writer.close()
    run.finish()
    logged = rows(run)
    assert logged[:3] == [
        {"loss": pytest.approx(1 / (step + 1)), "accuracy": step, "global_step": step} for step in range(3)
    ]
    (media,) = (row for row in logged if row["global_step"] == 5)
    assert {key: value["_type"] for key, value in media.items() if isinstance(value, dict)} == {
        "picture": "image-file", "weights": "histogram", "sound": "audio-file", "curve_table": "table-file",
    }  # fmt: skip
    assert media["note"] == "some *text*"
    assert run.config.as_dict() == {"lr": 0.1, "optimizer": "adam", "nesterov": True}
    assert [path.is_symlink() for path in Path(run.dir).rglob("*tfevents*")] == [False, False]


def test_a_writer_from_before_init_counts(start: Start, tmp_path: Path) -> None:
    """A writer that exists when the run starts is followed; two folders give the names of their metrics."""
    from tensorboardX import SummaryWriter

    early = SummaryWriter(tmp_path / "logs" / "early")
    run = start(sync_tensorboard=True)
    late = SummaryWriter(tmp_path / "logs" / "late")
    early.add_scalar("a", 1, 0)
    late.add_scalar("a", 2, 0)
    early.close()
    late.close()
    run.finish()
    assert rows(run) == [{"early/a": 1, "global_step": 0}, {"late/a": 2, "global_step": 0}]


def test_rows_come_while_the_program_runs(start: Start, tmp_path: Path) -> None:
    """With a known root, rows are stored within seconds, beside those of `log()`, each at a step of its own."""
    writer_hooks.patch(root_logdir=tmp_path / "logs")
    run = start(sync_tensorboard=True)
    path = tmp_path / "logs" / "events.out.tfevents.1"
    write(path, event(7, scalar("loss", 0.5)))
    until(lambda: rows(run), "the first row", 60)
    run.log({"own": 1}, commit=False)
    write(path, event(8, scalar("loss", 0.25)), event(9, scalar("loss", 0.125)))
    until(lambda: len(rows(run)) >= 3, "the next rows", 60)
    run.log({"own": 2})
    run.finish()
    logged = rows(run)
    assert [row["loss"] for row in logged if "loss" in row] == [0.5, 0.25, 0.125]
    assert [row["own"] for row in logged if "own" in row] == [1, 2]
    assert not [row for row in logged if {"own", "loss"} <= set(row)]


def test_another_process_is_followed(start: Start, tmp_path: Path) -> None:
    """Files that another process writes below the root are followed; those from before the run are not."""
    old = tmp_path / "logs" / "old" / "events.out.tfevents.1"
    write(old, event(1, scalar("loss", 1)))
    os.utime(old, (time.time() - 100, time.time() - 100))
    writer_hooks.patch(root_logdir=tmp_path / "logs")
    run = start(sync_tensorboard=True)
    source = (
        "from tensorboardX import SummaryWriter\nimport sys\n"
        "with SummaryWriter(sys.argv[1]) as writer: writer.add_scalar('loss', 2, 3)\n"
    )
    subprocess.run([sys.executable, "-c", source, tmp_path / "logs" / "worker"], check=True)
    run.finish()
    assert rows(run) == [{"worker/loss": 2, "global_step": 3}]


def test_damage_and_removal_cost_nothing_else(start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged file is reported once by its path, a removed one is forgotten, and the run has the other rows."""
    writer_hooks.patch(root_logdir=tmp_path / "logs")
    run = start(sync_tensorboard=True, settings={"silent": False})
    damaged = tmp_path / "logs" / "damaged" / "events.out.tfevents.1"
    write(damaged, event(1, scalar("a", 1)))
    with damaged.open("ab") as file:
        file.write(b"no record at all, but longer than a head")
    write(tmp_path / "logs" / "whole" / "events.out.tfevents.1", event(1, scalar("a", 2)))
    run.finish()
    assert sorted(rows(run), key=str) == [{"damaged/a": 1, "global_step": 1}, {"whole/a": 2, "global_step": 1}]
    assert capsys.readouterr().err.count(f"{damaged} is damaged") == 1


def test_the_hooks_are_taken_back() -> None:
    """After `unpatch()` the writer's constructor is its own again, and `patch()` twice replaces it once."""
    import tensorboardX.writer

    own = tensorboardX.writer.EventFileWriter.__init__
    wandb.tensorboard.patch()
    wandb.tensorboard.patch()
    assert tensorboardX.writer.EventFileWriter.__init__.__wrapped__ is own
    wandb.tensorboard.unpatch()
    assert tensorboardX.writer.EventFileWriter.__init__ is own


@pytest.mark.parametrize(
    ("folder", "root", "name"),
    [
        ("/a/logs", "/a/logs", ""),
        ("/a/logs/x/y", "/a/logs", "x/y"),
        ("/b/x", "/a/logs", "x"),
        ("/b/x", None, "x"),
    ],
)
def test_names_follow_the_folders(folder: str, root: str | None, name: str) -> None:
    """A metric is called by its folder below the root; a folder elsewhere by its own name."""
    assert namespace(Path(folder), Path(root) if root else None) == name


def test_the_example_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program in `docs/integrations.md` records its hundred rows."""
    page = (Path(__file__).parents[2] / "docs" / "integrations.md").read_text("utf-8")
    programs = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (program,) = [each for each in programs if "sync_tensorboard" in each]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 -- the page's own program
    logged = rows(names["run"])
    assert [row["global_step"] for row in logged] == list(range(100))
    assert logged[-1]["loss"] == pytest.approx(0.01)
    assert "loss" in capsys.readouterr().err
