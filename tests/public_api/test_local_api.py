"""`wandb.Api()` over the runs of this machine: what it reads, changes, refuses, and what it costs a list."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from forked import in_child

import wandb_nb as wandb
from wandb_nb.errors import RunNotFoundError, StoreError, UnsupportedError, UsageError
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]


@pytest.fixture
def finished(start: Start) -> wandb.Run:
    """Return a finished run "r" of the project "p" with ten rows."""
    run = start(project="p", id="r", name="first", config={"lr": 0.1, "net": {"depth": 3}}, tags=["a"])
    for step in range(10):
        run.log({"loss": 1 / (step + 1), "deep": {"x": step}})
    run.finish()
    return run


def test_a_script_reads_its_own_run(finished: wandb.Run) -> None:
    """Without a key or a server, the Api has config, summary, rows and files of a run that has just ended."""
    run = wandb.Api().run("p/r")
    assert (run.state, run.path, run.config) == ("finished", ["local", "p", "r"], {"lr": 0.1, "net": {"depth": 3}})
    assert (run.summary["loss"], run.summary.deep, run.lastHistoryStep) == (0.1, {"x": 9}, 9)
    assert run.history().loss.tolist() == [1 / (step + 1) for step in range(10)]
    assert json.loads(run.json_config)["net"] == {"value": {"depth": 3}}
    assert "config.yaml" in [file.name for file in run.files()]
    assert finished.url in (None, "")


def test_a_running_run_is_read(start: Start) -> None:
    """A run that is still logged to has the state "running", its rows so far, and a summary of them."""
    run = start(project="p", id="live")
    run.log({"loss": 0.5})
    read = wandb.Api().run("p/live")
    assert (read.state, read.summary["loss"], [row["loss"] for row in read.scan_history()]) == ("running", 0.5, [0.5])
    run.log({"loss": 0.25})
    run.finish(exit_code=1)
    read.load(force=True)
    assert (read.state, read.exit_code, read.summary["loss"]) == ("failed", 1, 0.25)


@pytest.mark.usefixtures("finished")
def test_changes_are_stored() -> None:
    """Config, summary, name, notes and tags are changed for every reader, and the rows stay as they are."""
    run = wandb.Api().run("p/r")
    run.config["new"] = {"deep": [1, 2]}
    del run.config["lr"]
    run.name, run.notes = "second", "a note"
    run.tags.append("b")
    run.summary["best"] = 0.01
    run.update()
    again = wandb.Api().run("p/r")
    assert again.config == {"net": {"depth": 3}, "new": {"deep": [1, 2]}}
    assert (again.name, again.notes, again.tags, again.summary["best"]) == ("second", "a note", ["a", "b"], 0.01)
    assert (again.state, again.lastHistoryStep, again.created_at) == ("finished", 9, run.created_at)
    frame = wandb.read("r")
    assert (len(frame), frame.attrs["name"], frame.attrs["summary"]["best"]) == (10, "second", 0.01)
    assert Registry().find("r")[0].name == "second"


def test_a_written_run_is_not_changed(start: Start) -> None:
    """While a process writes a run, changes and deletion are refused with the reason, and nothing happens to it."""
    run = start(project="p", id="live")
    run.log({"loss": 0.5})
    read = wandb.Api().run("p/live")
    read.config["a"] = 1
    with pytest.raises(UsageError, match="live is still being written by a living process"):
        read.update()
    with pytest.raises(UsageError, match="still being written"):
        read.delete()
    run.log({"loss": 0.25})
    run.finish()
    assert wandb.Api().run("p/live").config == {}


def test_a_run_is_deleted(finished: wandb.Run) -> None:
    """A deleted run is gone from the disk and from lists; the message of a further read names its path."""
    directory = Path(finished.dir).parent
    wandb.Api().run("p/r").delete()
    assert not directory.exists()
    assert len(wandb.Api().runs("p")) == 0
    with pytest.raises(RunNotFoundError, match="there is no run local/p/r on this machine"):
        wandb.Api().run("p/r")
    assert list((Registry().folder / "facts").iterdir()) == []


def test_files_go_in_and_out(finished: wandb.Run, tmp_path: Path) -> None:
    """A file is stored in the run and comes back the same; an existing one is not overwritten unasked."""
    (tmp_path / "notes" / "a.txt").parent.mkdir()
    (tmp_path / "notes" / "a.txt").write_text("content")
    run = wandb.Api().run("p/r")
    file = run.upload_file(tmp_path / "notes" / "a.txt", root=tmp_path)
    assert (file.name, file.size) == ("notes/a.txt", 7)
    with file.download(tmp_path / "out") as opened:
        assert opened.read() == "content"
    with pytest.raises(UsageError, match="pass replace=True to overwrite it"):
        file.download(tmp_path / "out")
    file.delete()
    assert [each.name for each in run.files(["notes/a.txt"])] == []
    with pytest.raises(UsageError, match=r"has no file 'notes/a\.txt'"):
        run.file("notes/a.txt")
    assert finished.id == "r"


def test_a_link_in_a_run_is_not_followed(finished: wandb.Run, tmp_path: Path) -> None:
    """A link that somebody put among a run's files is neither listed nor read."""
    (tmp_path / "secret").write_text("secret")
    (Path(finished.dir) / "link").symlink_to(tmp_path / "secret")
    (Path(finished.dir) / "folder").symlink_to(tmp_path)
    run = wandb.Api().run("p/r")
    assert not {"link", "folder/secret"} & {file.name for file in run.files()}
    with pytest.raises(UsageError, match="has no file 'link'"):
        run.file("link")


def test_a_file_name_does_not_leave_its_folder(finished: wandb.Run, tmp_path: Path) -> None:
    """A file whose stored name leads out of the chosen folder is refused."""
    file = next(iter(wandb.Api().run("p/r").files()))
    for name in ("../out", "/etc/out", "a/../../out", ""):
        file.name = name
        with pytest.raises(UsageError, match="leads out of the folder"):
            file.download(tmp_path / "root")
    assert finished.id == "r"


def test_rows_of_children_come_in_step_order(start: Start) -> None:
    """Rows of forked children stand between those of their parent, by step."""
    run = start(project="p", id="forked")
    for turn in range(3):
        run.log({"parent": turn})
        in_child(lambda turn=turn: run.log({"child": turn}))
    rows = list(wandb.Api().run("p/forked").scan_history())
    assert [row["_step"] for row in rows] == list(range(6))


def test_a_resumed_run_is_one(start: Start) -> None:
    """The rows of a run's directories are one history; config and summary are those of the newest."""
    for part in range(2):
        run = start(project="p", id="again", resume="allow", config={f"part{part}": part})
        run.log({"part": part})
        run.finish()
    (read,) = wandb.Api().runs("p")
    assert [(row["_step"], row["part"]) for row in read.scan_history()] == [(0, 0), (1, 1)]
    assert (read.config, read.summary["part"]) == ({"part0": 0, "part1": 1}, 1)


def test_paths_mean_what_they_say(finished: wandb.Run) -> None:
    """A run is found by all forms of its path, and with defaults; a wrong path says what is missing."""
    api = wandb.Api(overrides={"project": "p"})
    for path in (
        "r",
        "p/r",
        "local/p/r",
        "local/p/runs/r",
        "/local/p/runs/r/",
        "http://127.0.0.1:1/local/p/runs/r?x=y",
    ):
        assert api.run(path).id == "r", path
    assert wandb.Api(overrides={"project": "p", "run": "r"}).run().id == finished.id
    assert (api.from_path("local/p").name, api.from_path("local/p/runs/r").id) == ("p", "r")
    for path, message in (("", "the path of a run is missing"), ("a/b/c/d", "is not the path of a run")):
        with pytest.raises(UsageError, match=message):
            api.run(path)
    with pytest.raises(UsageError, match="there is no project local/none on this machine"):
        api.project("none")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run: run.history(keys="loss"), "a list of strings"),
        (lambda run: run.scan_history(keys="loss"), "a list of strings"),
        (lambda run: run.history(keys=["loss"], stream="system"), "takes no keys="),
        (lambda run: run.files(["a"], "b"), "names= or pattern=, not both"),
        (lambda run: run.upload_file("none.txt"), "there is no file none.txt"),
        (lambda _run: list(wandb.Api().runs("p", filters={"loss": 1})), "no 'loss' to filter or sort by"),
        (
            lambda _run: list(wandb.Api().runs("p", filters={"state": {"$near": 1}})),
            "do not support the operator",
        ),
        (lambda _run: wandb.Api().runs("p").histories(format="polars"), "choose 'default' or 'pandas'"),
    ],
)
def test_misuse_is_named(finished: wandb.Run, call: Callable[[object], object], message: str) -> None:
    """A wrong argument gets an error at its call that says what to give."""
    with pytest.raises(UsageError, match=message):
        call(wandb.Api().run(f"p/{finished.id}"))


def test_other_parts_of_the_service_are_named() -> None:
    """A method of W&B's own Api that has no meaning here says so; an unknown name is an AttributeError."""
    with pytest.raises(UnsupportedError, match=r"Api\.registries"):
        wandb.Api().registries()
    with pytest.raises(AttributeError, match="'nothing'"):
        wandb.Api().nothing  # noqa: B018


def test_histories_are_one_frame(start: Start) -> None:
    """The sampled rows of several runs are one frame, with the id of each row's run."""
    for name in ("x", "y"):
        run = start(project="p", id=name)
        run.log({"loss": 1.0})
        run.log({"loss": 0.5})
        run.finish()
    frame = wandb.Api().runs("p").histories(samples=10, keys=["loss"], format="pandas")
    assert frame[["run_id", "_step", "loss"]].to_numpy().tolist() == [
        [name, step, 1.0 / (step + 1)] for name in ("x", "y") for step in (0, 1)
    ]


def test_a_list_reads_ended_runs_once(start: Start) -> None:
    """Config and summary of an ended run are kept, so its file is not read again until it changes."""
    run = start(project="p", id="r", config={"lr": 1})
    run.log({"loss": 1.0})
    run.finish()
    file = Path(run.dir).parent / "run-r.wandb"
    assert wandb.Api().run("p/r").config == {"lr": 1}
    times, content = file.stat(), file.read_bytes()
    file.write_bytes(bytes(len(content)))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert wandb.Api().run("p/r").config == {"lr": 1}
    file.write_bytes(content)
    read = wandb.Api().run("p/r")
    read.config["lr"] = 2
    read.update()
    assert wandb.Api().run("p/r").config == {"lr": 2}


def test_a_damaged_note_is_read_anew(finished: wandb.Run) -> None:
    """What was kept of a run is ignored where it is damaged, of another version, or of another kind."""
    assert wandb.Api().run("p/r").config["lr"] == 0.1
    (kept,) = (Registry().folder / "facts").iterdir()
    for content in (b"", b"{", b"[]", b'{"facts": {}}', b'{"identity": [], "facts": {"name": 1}}', bytes(1000)):
        kept.write_bytes(content)
        assert wandb.Api().run(f"p/{finished.id}").config["lr"] == 0.1


def test_a_missing_run_file_is_named(finished: wandb.Run) -> None:
    """A run whose file was removed by hand is reported by its path when it is read."""
    for file in Path(finished.dir).parent.glob("*.wandb"):
        file.unlink()
    with pytest.raises((StoreError, RunNotFoundError), match="run"):
        wandb.Api().run("p/r")
