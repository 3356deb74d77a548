"""`wandb-nb sync` of other people's run directories: only their own content, and only to confirmed places."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from sending import KEY, run_file, start

import wandb_nb as wandb
from wandb_nb.cli import group
from wandb_nb.store.format import records
from wandb_nb.store.runs.sync_progress import SyncProgress, store_progress
from wandb_nb.store.writing.writer import RunWriter

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

SECRET = b"-----BEGIN OPENSSH PRIVATE KEY-----"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Path:
    """Return the working directory of a user who has a key for the server, and a secret beside it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, value in {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "ssh").mkdir()
    (tmp_path / "ssh" / "id_rsa").write_bytes(SECRET)
    return folder


def sync(*arguments: str | Path) -> Result:
    """Run `wandb-nb sync`."""
    return CliRunner().invoke(group, ["sync", *map(str, arguments)])


def foreign(folder: Path, *patterns: str, entity: str = "") -> Path:
    """Write a finished run directory that names these files, as another person could; return it."""
    directory = folder / "run-20260101_000000-alien"
    (directory / "files").mkdir(parents=True)
    (directory / "files" / "own.txt").write_text("own")
    writer = RunWriter(directory / "run-alien.wandb")
    named = records.files([(pattern, "end", "other") for pattern in ("own.txt", *patterns)])
    writer.append(records.run("alien", project="p", entity=entity), named, records.exit(0, 1))
    writer.close()
    return directory


def uploaded_content(server: ScriptedServer) -> bytes:
    """Return the content of all uploads."""
    return b"\n".join(content for run in server.runs.values() for content in run.uploads.values())


@pytest.mark.parametrize("kind", ["file", "folder", "glob", "deep glob", "files", "chain"])
def test_links_out_of_a_run_are_not_followed(kind: str, here: Path, server: ScriptedServer) -> None:
    """However a run leads to an outside file, that file is not sent, its name is listed, and the rest is sent."""
    secret = here.parent / "ssh" / "id_rsa"
    patterns = {"folder": "ssh/id_rsa", "glob": "*/id_*", "deep glob": "**/id_rsa"}
    directory = foreign(here, patterns.get(kind, "key.txt"))
    files = directory / "files"
    if kind == "files":
        shutil.rmtree(files)
        files.symlink_to(secret.parent)
        (secret.parent / "key.txt").write_bytes(SECRET)
    elif kind == "file":
        (files / "key.txt").symlink_to(secret)
    elif kind == "chain":
        (files / "key.txt").symlink_to("second")
        (files / "second").symlink_to(secret)
    else:
        (files / "ssh").symlink_to(secret.parent)
    result = sync(directory)
    assert SECRET not in uploaded_content(server)
    assert ("own.txt" in server.runs["alien"].uploads) == (kind != "files")
    if kind != "deep glob":  # this one does not enter linked folders at all
        assert "leads out of the run directory and was not sent" in result.output
        assert result.exit_code == 1


def test_links_are_followed_when_asked_for(here: Path, server: ScriptedServer) -> None:
    """`--follow-links` follows all links; without it, links inside the run directory are still followed."""
    directory = foreign(here, "key.txt", "again.txt")
    (directory / "files" / "key.txt").symlink_to(here.parent / "ssh" / "id_rsa")
    (directory / "files" / "again.txt").symlink_to("own.txt")
    assert sync(directory).exit_code == 1
    assert server.runs["alien"].uploads["again.txt"] == b"own"
    assert "key.txt" not in server.runs["alien"].uploads
    assert sync(directory, "--follow-links", "--include-synced").exit_code == 0
    assert server.runs["alien"].uploads["key.txt"] == SECRET


def test_own_links_are_followed(here: Path, server: ScriptedServer) -> None:
    """A link that this user's run made with `save()` is sent; the same directory from another person is not."""
    model = here / "model.bin"
    model.write_bytes(b"weights")
    run = start(here)
    run.save("model.bin", policy="live")
    link = Path(run.dir) / "model.bin"
    assert link.is_symlink()
    copy = here / "elsewhere" / Path(run.directory).name
    assert sync(run.directory).exit_code == 0
    assert server.runs[run.id].uploads["model.bin"] == b"weights"
    link.unlink()
    link.symlink_to(here.parent / "ssh" / "id_rsa")  # replaced by another user who can write here
    sync(run.directory, "--include-synced")
    link.unlink()
    link.symlink_to(model)
    shutil.copytree(run.directory, copy, symlinks=True, ignore=shutil.ignore_patterns("*.sent", "*.synced"))
    assert "model.bin is a link" in sync(copy).output
    assert SECRET not in uploaded_content(server)
    run.finish()


def test_linked_folders_are_not_written_to(here: Path, server: ScriptedServer) -> None:
    """Links in place of locks and markers create and change nothing elsewhere."""
    outside = here.parent / "outside"
    outside.mkdir()
    directory = foreign(here)
    (directory / "logs").symlink_to(outside)
    assert sync(directory).exit_code == 1
    (directory / "logs").unlink()
    (directory / "logs").mkdir()
    (directory / "logs" / "sync.lock").symlink_to(outside / "lock")
    assert sync(directory).exit_code == 1
    (directory / "logs" / "sync.lock").unlink()
    (directory / "run-alien.wandb.synced").symlink_to(outside / "synced")
    (directory / "run-alien.wandb.sent").symlink_to(outside / "sent")
    assert sync(directory).exit_code == 0
    assert list(outside.iterdir()) == []
    assert (directory / "run-alien.wandb.sent").is_file()
    assert len(server.runs) == 1


def test_linked_segments_are_not_folded(here: Path, server: ScriptedServer) -> None:
    """Rows of another run, linked as a segment, are neither sent nor moved."""
    with start(here, id="private") as run:
        run.log({"secret": 42})
    directory = foreign(here / "other")
    (directory / "segments").symlink_to(run.directory)
    sync(directory)
    assert run_file(run).is_file()
    assert all("secret" not in row for row in server.runs["alien"].rows)


@pytest.mark.parametrize("planted", [False, True])
def test_entity_of_a_file_must_be_confirmed(planted: bool, here: Path, server: ScriptedServer) -> None:
    """A run that names another entity, in its file or a forged progress file, needs that entity confirmed."""
    directory = foreign(here, entity="" if planted else "attacker")
    if planted:
        progress = SyncProgress(server=server.url, requested=[None] * 3, entity="attacker", project="p", run="alien")
        progress.registered = True
        store_progress(directory / "run-alien.wandb", progress)
    result = sync(directory)
    assert (result.exit_code, "--entity attacker" in result.output) == (1, True)
    assert not {"UpsertBucket", "file_stream"} & set(server.names())
    assert sync(directory, "--entity", "attacker").exit_code == 0
    assert server.runs["alien"].fields["entity"] == "attacker"


def test_own_entity_needs_no_question(here: Path, server: ScriptedServer) -> None:
    """The account's own entity in a file is accepted."""
    assert sync(foreign(here, entity="stub-entity")).exit_code == 0
    assert "alien" in server.runs


def test_file_does_not_choose_other_runs(here: Path, server: ScriptedServer) -> None:
    """A foreign run that claims to continue a run of this user does not send that run."""
    with start(here / "mine", id="private") as run:
        run.log({"secret": 42})
    directory = here / "theirs" / "run-20990101_000000-private"
    directory.mkdir(parents=True)
    writer = RunWriter(directory / "run-private.wandb")
    resumed = {"project": "p", "resumed": True, "start_time": 4_000_000_000.0}
    writer.append(records.run("private", **resumed), records.exit(0, 1))
    writer.close()
    sync(directory, "--project", "shared")
    assert server.runs["private"].rows == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_files_that_are_not_files(here: Path, server: ScriptedServer) -> None:
    """FIFOs in place of uploads and of the progress file are skipped without waiting."""
    directory = foreign(here, "pipe", "*.fifo")
    for name in ("files/pipe", "files/x.fifo", "run-alien.wandb.sent"):
        os.mkfifo(directory / name)
    assert sync(directory).exit_code == 0
    assert set(server.runs["alien"].uploads) >= {"own.txt"}
    assert not {"pipe", "x.fifo"} & set(server.runs["alien"].uploads)


def test_deleting_a_run_forgets_its_links(here: Path) -> None:
    """After `rm` a new directory in the same place does not inherit the trust in the run's links."""
    (here / "model.bin").write_bytes(b"weights")
    with start(here) as run:
        run.save("model.bin", policy="end")
    data = Path(os.environ["WANDB_NB_DATA_DIR"]) / "links"
    assert len(list(data.iterdir())) == 1
    assert CliRunner().invoke(group, ["rm", run.id, "--yes"]).exit_code == 0
    assert list(data.iterdir()) == []
    assert not isinstance(wandb.run, wandb.Run)
