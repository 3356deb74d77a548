"""`wandb.Api()` of ours over the embedded server: what it changes there, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.errors import (
    ArtifactNotFoundError,
    AuthenticationError,
    CommError,
    RunNotFoundError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedded_server import EmbeddedServer


@pytest.fixture
def logged(
    server: EmbeddedServer, start: Callable[..., wandb.Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> wandb.Run:
    """Return a finished run "r<number>" of the project "p", which was logged online; its key is in the environment."""
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    run = start(project="p", mode="online", config={"lr": 0.1, "old": 1}, tags=["a"], dir=tmp_path)
    for step in range(2500):
        run.log({"loss": step})
    run.finish()
    return run


def test_changes_are_stored(logged: wandb.Run, server: EmbeddedServer, tmp_path: Path) -> None:
    """Config, summary, name, notes, tags and files are changed on the server, also after another program changed it."""
    run = wandb.Api().run(f"p/{logged.id}")
    assert run.url == f"{server.url}/local/p/runs/{logged.id}"
    other = wandb.Api().run(f"p/{logged.id}")
    other.config["other"] = 1
    other.update()
    run.config["new"] = 2
    del run.config["old"]
    run.name, run.notes, run.tags = "second", "a note", ["b"]
    run.summary["best"] = 3
    run.update()
    (tmp_path / "a.txt").write_text("content")
    assert run.upload_file(tmp_path / "a.txt", root=tmp_path).size == 7
    again = wandb.Api().run(f"p/{logged.id}")
    assert again.config == {"lr": 0.1, "other": 1, "new": 2}
    assert (again.name, again.notes, again.tags) == ("second", "a note", ["b"])
    assert (again.summary["best"], again.summary["loss"]) == (3, 2499)
    with again.file("a.txt").download(tmp_path / "out") as file:
        assert file.read() == "content"
    again.file("a.txt").delete()
    assert "a.txt" not in [file.name for file in wandb.Api().run(f"p/{logged.id}").files()]


def test_all_rows_are_scanned(logged: wandb.Run) -> None:
    """Rows come page by page, each once; bounds and keys hold over the pages."""
    run = wandb.Api().run(f"p/{logged.id}")
    assert [row["loss"] for row in run.scan_history(page_size=700)] == list(range(2500))
    assert [row["loss"] for row in run.scan_history(["loss"], page_size=300, min_step=200, max_step=900)] == list(
        range(200, 900)
    )
    assert len(run.history()) == 500


def test_a_run_is_deleted(logged: wandb.Run) -> None:
    """A deleted run is gone from the server; reading it again, here or there, says so."""
    api = wandb.Api()
    run = api.run(f"p/{logged.id}")
    before = len(api.runs("p"))
    run.delete()
    assert len(api.runs("p")) == before - 1
    with pytest.raises(RunNotFoundError, match=f"has no run local/p/{logged.id} that this account may see"):
        api.run(f"p/{logged.id}")
    with pytest.raises(RunNotFoundError, match="is no longer on"):
        run.load(force=True)


def test_the_local_copy_is_still_there(logged: wandb.Run) -> None:
    """With a key and the mode "offline", the runs are those of this machine."""
    api = wandb.Api(overrides={"mode": "offline"})
    assert (api.is_local, wandb.Api().is_local) == (True, False)
    assert api.run(f"p/{logged.id}").lastHistoryStep == 2499


def test_changes_of_a_local_run_are_sent(server: EmbeddedServer, start: Callable[..., wandb.Run]) -> None:
    """A run that was changed on this machine after its end reaches a server with the changes."""
    run = start(project="p", id="changed-here", config={"lr": 1})
    run.log({"loss": 1})
    run.finish()
    local = wandb.Api().run("p/changed-here")
    local.config["new"], local.notes = 2, "later"
    local.update()
    command = [sys.executable, "-m", "wandb_nb", "sync", str(run.directory)]
    subprocess.run(command, env={**os.environ, **server.environ}, check=True, capture_output=True)
    assert server.config("changed-here") == {"lr": 1, "new": 2}
    assert server.run("changed-here", "notes state historyLineCount") == {
        "notes": "later", "state": "finished", "historyLineCount": 1,
    }  # fmt: skip


def test_a_wrong_key_and_no_server_are_named(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the server does not accept, a project that is not there, and a server that is gone are errors."""
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    with pytest.raises(AuthenticationError, match="does not accept the key"):
        wandb.Api(api_key="0" * 40).run("local/p/r")
    with pytest.raises(UsageError, match="has no project local/none"):
        len(wandb.Api(api_key=server.key).runs("local/none"))
    monkeypatch.setattr("wandb_nb.sync.reading.server_connection._MAX_RETRIES", 0)
    with pytest.raises(CommError, match="cannot be reached"):
        wandb.Api(overrides={"base_url": "http://127.0.0.1:9"}, api_key="0" * 40).run("local/p/r")


def test_artifacts_are_changed_and_deleted(logged: wandb.Run, start: Callable[..., wandb.Run], tmp_path: Path) -> None:
    """Aliases, metadata, tags and description of a server's version are changed, it is linked, used and deleted."""
    run = start(project="p", mode="online", dir=tmp_path)
    for number in range(2):
        data = wandb.Artifact("numbers", "dataset", metadata={"n": number})
        with data.new_file("numbers.txt") as file:
            file.write(str(number))
        run.log_artifact(data)
    run.finish()
    api = wandb.Api()
    first = api.artifact("p/numbers:v0")
    first.aliases, first.metadata, first.description = ["best"], {"n": 10}, "the first"
    first.tags = ["checked"]
    first.save()
    again = api.artifact("p/numbers:best")
    assert (again.version, again.metadata, again.description, again.tags) == ("v0", {"n": 10}, "the first", ["checked"])
    linked = again.link("p/chosen", aliases=["now"])
    assert (linked.name, api.artifact("p/chosen:now").is_link) == ("chosen:v0", True)
    api.run(f"p/{logged.id}").use_artifact(again)
    assert [user.id for user in api.artifact("p/numbers:v0").used_by()] == [logged.id]
    api.artifact("p/numbers:v1").delete(delete_aliases=True)
    assert not api.artifact_exists("p/numbers:v1")
    with pytest.raises(ArtifactNotFoundError, match="has no artifact"):
        api.artifact("p/none:latest")
