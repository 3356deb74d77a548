"""`wandb-nb sync` and `status` as a user calls them: what is sent, what is said, and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from scripted_server import Fault, ScriptedServer
from sending import KEY, run_file, start

from wandb_nb.cli import group
from wandb_nb.sync import cursor as cursors

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Path:
    """Return the working directory of a user who has a key for the server."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    for kind in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER"):
        monkeypatch.setenv(f"WANDB_X_{kind}_RETRY_WAIT_MIN_SECONDS", "0.001")
    return tmp_path


def call(*arguments: str) -> Result:
    """Run the command line."""
    return CliRunner().invoke(group, arguments)


def test_all_runs_of_a_folder(here: Path, server: ScriptedServer) -> None:
    """Without a path every unsent run below `wandb/` is sent, and a second call finds nothing to do."""
    for n in range(3):
        with start(here, name=f"run{n}") as run:
            run.log({"n": n})
    done = call("sync", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [(run["state"], run["rows"]) for run in told] == [("done", 1)] * 3
    assert sorted(held.rows[0]["n"] for held in server.runs.values()) == [0, 1, 2]
    assert "nothing to send" in call("sync").output


def test_target_is_chosen(here: Path, server: ScriptedServer) -> None:
    """The options send a run elsewhere under another id; a dry run sends nothing."""
    with start(here) as run:
        run.log({"n": 1})
    assert "would be sent" in call("sync", "--dry-run").output
    assert server.count == 0
    assert call("sync", str(run.directory), "--id", "other", "--project", "q", "--no-mark-synced").exit_code == 0
    assert server.runs["other"].fields["project"] == "q"
    assert "would be sent" in call("sync", "--dry-run").output


def test_earlier_parts_come_along(here: Path, server: ScriptedServer) -> None:
    """A resumed run brings the unsent part before it, so that its rows stand behind them."""
    with start(here, id="again") as first:
        first.log({"n": 0})
    with start(here, id="again", resume="must") as second:
        second.log({"n": 1})
    assert call("sync", str(second.directory)).exit_code == 0
    assert [row["n"] for row in server.runs["again"].rows] == [0, 1]


def test_refusal_is_an_error(here: Path, server: ScriptedServer) -> None:
    """A refused run is exit code 1 and one line with the server's words; `status` repeats them."""
    with start(here) as run:
        run.log({"n": 1})
    server.script = lambda _n, _name: Fault("status", 403, message="permission denied")
    done = call("sync")
    assert (done.exit_code, "permission denied" in done.output) == (1, True)
    assert KEY not in done.output
    (told,) = json.loads(call("status", "--json").stdout)
    assert (told["state"], told["id"]) == (cursors.REFUSED, run.id)
    assert "permission denied" in told["message"]


def test_damage_is_exit_code_three(here: Path, server: ScriptedServer) -> None:
    """A damaged file is sent as far as it can be read, and the exit code tells."""
    with start(here) as run:
        for n in range(500):
            run.log({"n": n, "text": "x" * 300})
    content = bytearray(run_file(run).read_bytes())
    content[70_000:70_050] = bytes(50)
    run_file(run).write_bytes(content)
    done = call("sync")
    assert (done.exit_code, "cannot be read" in done.output) == (3, True)
    assert len(server.runs[run.id].rows) > 300


def test_no_key_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the command says how to get one."""
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("NETRC", str(here / "none"))
    with start(here) as run:
        run.log({"n": 1})
    assert "login()" in str(call("sync").exception)
