"""Alerts and saved files: from the call to the embedded server, online, and offline with a later `sync`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from waiting import until

import wandb_nb as wandb
from wandb_nb.cli import group

if TYPE_CHECKING:
    from embedded_server import EmbeddedServer

pytestmark = pytest.mark.crash

QUIET = {"silent": True, "x_disable_stats": True, "console": "off"}
ALERTS = "alerts { title text severity }"


@pytest.fixture(autouse=True)
def here(embedded_user: Path) -> Path:
    """Return the working directory of a user who has a key for the server."""
    return embedded_user


def start(mode: str, run_id: str) -> wandb.Run:
    """Start a run in project p."""
    return wandb.init(project="p", id=run_id, mode=mode, settings=QUIET)


def sync() -> None:
    """Send the runs of this folder."""
    done = CliRunner().invoke(group, ["sync"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_alerts_arrive(embedded: EmbeddedServer, mode: str) -> None:
    """An alert reaches the server with its level; a second one of the same title within the wait does not."""
    run = start(mode, f"alert-{mode}")
    wandb.alert("Low accuracy", "below 0.5", level=wandb.AlertLevel.WARN, wait_duration=timedelta(minutes=5))
    run.alert("Low accuracy", "again", level="ERROR", wait_duration=300)
    run.alert(title="<b>\n", text="", wait_duration=0)
    run.alert(title="<b>\n", text="second", wait_duration=0)
    run.finish()
    if mode == "offline":
        sync()
    assert embedded.run(run.id, ALERTS)["alerts"] == [
        {"title": "Low accuracy", "text": "below 0.5", "severity": "WARN"},
        {"title": "<b>\n", "text": "", "severity": "INFO"},
        {"title": "<b>\n", "text": "second", "severity": "INFO"},
    ]


def test_alert_arrives_during_the_run(embedded: EmbeddedServer) -> None:
    """An alert arrives before the end of the run."""
    run = start("online", "alert-live")
    run.alert("now", "please")
    until(lambda: embedded.run(run.id, ALERTS)["alerts"], "the alert")
    run.finish()


def test_impossible_alerts() -> None:
    """An unknown level or wait is a UsageError with its name; without a run it is a NoRunError."""
    with pytest.raises(wandb.NoRunError, match="alert"):
        wandb.alert("a", "b")
    with start("offline", "bad-alert") as run:
        with pytest.raises(wandb.UsageError, match="'loud'"):
            run.alert("a", "b", level="loud")
        with pytest.raises(wandb.UsageError, match="-1"):
            run.alert("a", "b", wait_duration=-1)
    with pytest.raises(wandb.RunFinishedError, match="alert"):
        run.alert("a", "b")


@pytest.mark.parametrize("mode", ["online", "offline"])
def test_saved_files_arrive(embedded: EmbeddedServer, here: Path, mode: str) -> None:
    """Files keep their path below the base; "now" is the file at the call, "live" and "end" its last state."""
    (here / "sv/d").mkdir(parents=True)
    for name in ("sv/d/x.txt", "sv/y.txt", "end.txt", "odd[1] *.txt"):
        Path(name).write_text("first")
    run = start(mode, f"save-{mode}")
    assert wandb.save("sv/d/*", base_path="sv") == [str(Path(run.dir) / "d/x.txt")]
    run.save("sv/y.txt", policy="now")
    run.save(here / "end.txt", policy="end")
    run.save("odd[1] *.txt", policy="now")
    for name in ("sv/d/x.txt", "sv/y.txt", "end.txt"):
        Path(name).write_text("second")
    run.finish()
    if mode == "offline":
        (here / "end.txt").unlink()
        sync()
    files = embedded.files(run.id)
    assert {name: files[name] for name in ("d/x.txt", "sv/y.txt", "odd[1] *.txt")} == {
        "d/x.txt": b"second",
        "sv/y.txt": b"first",
        "odd[1] *.txt": b"first",
    }
    assert files[f"{here.name}/end.txt"] == b"second"


def test_live_files_are_sent_again(embedded: EmbeddedServer, here: Path) -> None:
    """A file with the policy "live" is on the server during the run, and again after it changed."""
    (here / "live.txt").write_text("one")
    run = start("online", "live")
    run.save("live.txt")
    until(lambda: embedded.files(run.id).get("live.txt") == b"one", "the file")
    (here / "live.txt").write_text("two, longer")
    until(lambda: embedded.files(run.id).get("live.txt") == b"two, longer", "the changed file")
    run.finish()


def test_folders_and_files_of_the_run(here: Path) -> None:
    """A folder means the files in it, never runs; a file in the run's own folder is only announced."""
    (here / "out/deep").mkdir(parents=True)
    (here / "out/deep/a.bin").write_bytes(b"a")
    run = start("offline", "folders")
    assert [Path(path).relative_to(run.dir).as_posix() for path in run.save("out")] == ["out/deep/a.bin"]
    assert not any("run-folders.wandb" in path for path in run.save(here, base_path=here))
    own = Path(run.dir) / "mine.txt"
    own.write_text("mine")
    assert run.save(own) == [str(own)]
    assert not own.is_symlink()
    run.finish()


@pytest.mark.parametrize(
    ("pattern", "options"),
    [
        ("../outside.txt", {}),
        ("a\0b", {}),
        ("", {}),
        ("in.txt", {"policy": "sometimes"}),
        ("in.txt", {"base_path": "elsewhere"}),
    ],
)
def test_hostile_paths_are_refused(here: Path, pattern: str, options: dict[str, str]) -> None:
    """A path that leaves the base path, or is not a path, is a UsageError, and nothing is saved."""
    (here.parent / "outside.txt").write_text("x")
    (here / "in.txt").write_text("x")
    with start("offline", "hostile") as run:
        with pytest.raises(wandb.UsageError):
            run.save(pattern, **options)
        names = {path.name for path in Path(run.dir).rglob("*")}
    assert names.isdisjoint({"outside.txt", "in.txt"})


def test_unsavable_files_are_reported(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern without files, a reserved name and a pipe print one line each and do not stop training."""
    (here / "config.yaml").write_text("x")
    os.mkfifo(here / "pipe")
    run = wandb.init(project="p", mode="offline", settings={**QUIET, "silent": False})
    capsys.readouterr()
    assert run.save("none*") == run.save("config.yaml") == run.save("pipe") == run.save("s3://bucket/x") == []
    output = capsys.readouterr().err
    words = ("'none*') matches no file", "config.yaml", "pipe", "s3://bucket/x")
    assert [word for word in words if word not in output] == []
    run.finish()


def test_restore_brings_files_back(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved file is restored from this machine, or from the server if this machine does not have the run."""
    (here / "weights.txt").write_text("0.5")
    with start("online", "trained") as run:
        run.save("weights.txt", policy="now")
    (here / "weights.txt").unlink()
    with start("offline", "beside") as other:
        with other.restore("weights.txt", "local/p/trained") as file:
            assert (file.read(), file.name) == ("0.5", f"{other.dir}/weights.txt")
        assert other.restore("nothing.txt", "trained") is None
        with pytest.raises(wandb.UsageError, match="below"):
            other.restore("../../escape.txt")
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(here / "another-machine"))
    with start("online", "elsewhere"):
        with wandb.restore("weights.txt", "local/p/trained", root="here") as file:
            assert (file.read(), Path(file.name)) == ("0.5", Path("here/weights.txt"))
        (here / "here/weights.txt").write_text("mine")
        with wandb.restore("weights.txt", "local/p/trained", root="here") as file:
            assert file.read() == "mine"
        with wandb.restore("weights.txt", "local/p/trained", root="here", replace=True) as file:
            assert file.read() == "0.5"
        assert wandb.restore("nothing.txt", "local/p/trained") is None
