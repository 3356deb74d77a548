"""The sidebar's routes of a real Jupyter server: the list, its changes, curves, a run's details, deleting."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from waiting import until

import wandb_nb
from wandb_nb.store.runs.registry import Registry
from wandb_nb.tracking.run_view import session_of
from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_process import Server

pytestmark = pytest.mark.kernel
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def begin(registry: str, server: Server) -> Callable[..., Any]:  # noqa: ARG001  the registry before init
    """Return a function that starts a run below the server's root."""
    root = Path(server._log.name).parent

    def begin(**arguments: Any) -> Any:
        settings = {"silent": True, "x_stats_sampling_interval": 0.1}
        return wandb_nb.init(project="digits", dir=root, settings=settings, reinit="create_new", **arguments)

    return begin


def listed(server: Server, since: str = "") -> dict[str, Any]:
    """Return the list, or what changed in it."""
    status, body = server.ask(f"wandb-nb/v1/runs?since={since}")
    assert status == 200
    answer: dict[str, Any] = json.loads(body)
    return answer


def row_of(server: Server, run_id: str) -> dict[str, Any] | None:
    """Return the row of one run, or None if it is not listed."""
    return next((row for row in listed(server)["rows"] if row["id"] == run_id), None)


def test_runs_are_listed_with_their_state(server: Server, begin: Callable[..., Any]) -> None:
    """A run is listed while it is active and afterwards; a page that has the list gets only changes."""
    run = begin(name=HOSTILE, group="g")
    row = until(lambda: row_of(server, run.id), "the run in the list")
    since = listed(server)["version"]
    run.log({"loss": 1.0})
    run.finish()
    changed = until(lambda: listed(server, since)["rows"], "a change")

    assert (row["name"], row["project"], row["group"], row["state"]) == (HOSTILE, "digits", "g", "running")
    assert row["folder"].startswith("wandb/")
    assert row["registered"]
    assert [(one["id"], one["state"]) for one in changed] == [(run.id, "finished")]


def test_a_run_of_a_dead_process_is_crashed(server: Server, begin: Callable[..., Any]) -> None:
    """A run that was not finished and has no writer is not listed as running."""
    run = begin()
    run.finish()
    Registry().update(session_of(run).entry, state="running")
    assert (
        until(lambda: (row := row_of(server, run.id)) and row["state"] != "finished" and row, "row")["state"]
        == "crashed"
    )


def test_runs_in_folders_are_found_and_can_be_read(server: Server, begin: Callable[..., Any]) -> None:
    """A copied run directory that is not registered is listed, and drawn with the token from the list."""
    run = begin(name="copied")
    run.log({"loss": 0.25})
    run.finish()
    target = Path(server._log.name).parent / "elsewhere" / "deep" / "wandb" / run.directory.name
    shutil.copytree(run.directory, target)
    Registry().forget(session_of(run).entry)
    shutil.rmtree(run.directory)
    server.ask("wandb-nb/v1/runs?search=1")
    row = until(lambda: (row := row_of(server, run.id)) and not row["registered"] and row, "the copy")
    message = parse(server.ask(f"wandb-nb/v1/runs/{run.id}/data", row["token"])[1])

    assert server.ask(f"wandb-nb/v1/runs/{run.id}/data", "wr\xf6ng")[0] == 404
    assert (row["name"], row["folder"]) == ("copied", f"elsewhere/deep/wandb/{run.directory.name}")
    assert list(message.series()[0].value) == [0.25]


def test_looks_show_a_thinned_curve(server: Server, begin: Callable[..., Any]) -> None:
    """A listed run has a curve of forty points and its latest value; unknown keys are ignored."""
    run = begin()
    for step in range(1_000):
        run.log({"accuracy": step, "train/loss": 1_000 - step})
    until(lambda: row_of(server, run.id), "the run in the list")
    body = {"keys": [session_of(run).entry.key, "unknown"]}
    look = until(
        lambda: json.loads(server.ask("wandb-nb/v1/looks", body=body)[1])["looks"].get(session_of(run).entry.key),
        "look",
    )
    run.log({"train/loss": -5.0})
    later = json.loads(server.ask("wandb-nb/v1/looks", body=body)[1])["looks"]
    run.finish()

    assert (look["metric"], look["latest"], look["rows"], look["state"]) == ("train/loss", 1.0, 1_000, "running")
    assert len(look["curve"]) == 40
    assert look["curve"][0] == pytest.approx(988, abs=1)
    assert {key: one["latest"] for key, one in later.items()} == {session_of(run).entry.key: -5.0}


def test_details_of_a_run(server: Server, begin: Callable[..., Any], tmp_path: Path) -> None:
    """Files, console, code and system metrics are read through the run's own token."""
    (tmp_path / "train.py").write_text("fit()\n")
    run = begin(config={"lr": 0.1})
    run.log_code(tmp_path)
    print("hello", HOSTILE)  # noqa: T201  the console's test
    until(lambda: b"cpu" in run.directory.joinpath(f"run-{run.id}.wandb").read_bytes(), "a sample")
    run.finish()
    token = session_of(run).entry.token

    def ask(what: str) -> Any:
        status, body = server.ask(f"wandb-nb/v1/runs/{run.id}/{what}", token)
        assert status == 200, body
        return json.loads(body)

    files = [one["path"] for one in ask("files")["files"]]
    script = next(path for path in files if path.endswith("train.py"))
    assert "config.yaml" in files
    assert "hello <img" in ask("console")["console"]["text"]
    assert script in [one["path"] for one in ask("code")["code"]["files"]]
    assert ask(f"file?path={script}") == {"text": "fit()\n", "cut": False, "size": 6}
    assert server.ask(f"wandb-nb/v1/runs/{run.id}/file?path={script}&download=1", token) == (200, b"fit()\n")
    system = parse(server.ask(f"wandb-nb/v1/runs/{run.id}/system", token)[1])
    assert any("cpu" in one.key for one in system.series())
    assert all(len(one.value) >= 1 for one in system.series())


def test_files_outside_the_run_are_out_of_reach(server: Server, begin: Callable[..., Any], tmp_path: Path) -> None:
    """Names that lead elsewhere, by dots or a link, are not files of the run; a wrong token reads nothing."""
    (tmp_path / "secret").write_text("secret")
    run = begin()
    (run.directory / "files" / "link").symlink_to(tmp_path / "secret")
    (run.directory / "files" / "folder").symlink_to(tmp_path)
    run.finish()
    base, token = f"wandb-nb/v1/runs/{run.id}", session_of(run).entry.token
    for name in ("../logs/owner.lock", "/etc/passwd", "link", "folder/secret", "..%2f..%2flog", "a%00b", ""):
        assert server.ask(f"{base}/file?path={name}", token)[0] == 404, name
        assert server.ask(f"{base}/file?path={name}&download=1", token)[0] == 404, name
    assert "link" not in [one["path"] for one in json.loads(server.ask(f"{base}/files", token)[1])["files"]]
    for what in ("files", "console", "code", "system", "file?path=config.yaml"):
        assert server.ask(f"{base}/{what}", "wrong")[0] == 403
        assert server.ask(f"{base}/{what}", token, login="")[0] == 403
    assert server.ask("wandb-nb/v1/runs", login="")[0] == 403
    assert server.ask("wandb-nb/v1/looks", body={"keys": []}, login="")[0] == 403
    assert server.ask("wandb-nb/v1/looks", body={})[0] == 400
    assert token not in server.log()


def test_a_finished_run_is_deleted(server: Server, begin: Callable[..., Any]) -> None:
    """An active run is not deleted; a finished one is, with its directory, and leaves the list."""
    run = begin()
    until(lambda: row_of(server, run.id), "the run in the list")
    since = listed(server)["version"]
    path = f"wandb-nb/v1/runs/{run.id}/delete"
    refused = server.ask(path, session_of(run).entry.token, {})
    run.finish()

    assert refused[0] == 409
    assert b"still being written" in refused[1]
    assert server.ask(path, "wrong", {})[0] == 403
    assert run.directory.is_dir()
    assert json.loads(server.ask(path, session_of(run).entry.token, {})[1]) == {"deleted": 1}
    assert not run.directory.exists()
    assert session_of(run).entry.key in listed(server, since)["gone"]
    assert server.ask(f"wandb-nb/v1/runs/{run.id}/data", session_of(run).entry.token)[0] == 404


def test_two_thousand_runs_are_listed_whole(server: Server, begin: Callable[..., Any]) -> None:
    """The list has every run of a large registry, and the next answer has no unchanged run."""
    run = begin()
    run.finish()
    folder = Path(server._log.name).parent / "registry" / "runs"
    source = json.loads((folder / f"{session_of(run).entry.key}.json").read_text())
    for number in range(2_000):
        key = f"{run.id}.{number:08x}"
        (folder / f"{key}.json").write_text(json.dumps({**source, "key": key, "id": f"many{number}"}))
    answer = until(lambda: (rows := listed(server)) and len(rows["rows"]) >= 2_000 and rows, "the list")
    again = listed(server, answer["version"])
    for file in folder.glob(f"{run.id}.0000*.json"):
        file.unlink()

    assert len({row["id"] for row in answer["rows"] if row["id"].startswith("many")}) == 2_000
    assert (again["whole"], again["rows"], again["gone"]) == (False, [], [])
