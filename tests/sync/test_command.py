"""`wandb-nb sync` and `status` as a user calls them: what is sent, what is printed, and the exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from click.testing import CliRunner, Result
from scripted_server import Fault
from sending import KEY, run_file, start
from waiting import until

from wandb_nb.cli import group
from wandb_nb.store.runs.sync_progress import REFUSED

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

ROOT = Path(__file__).parents[2]


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
    """Without a path every unsent run below `wandb/` is sent, and a second call finds nothing to send."""
    for n in range(3):
        with start(here, name=f"run{n}") as run:
            run.log({"n": n})
    done = call("sync", "--json")
    assert done.exit_code == 0, done.output
    results = json.loads(done.stdout)
    assert [(run["state"], run["rows"]) for run in results] == [("done", 1)] * 3
    assert sorted(received.rows[0]["n"] for received in server.runs.values()) == [0, 1, 2]
    assert "nothing to send" in call("sync").output


def test_target_is_chosen(here: Path, server: ScriptedServer) -> None:
    """The options send a run to another place under another id; a dry run sends nothing."""
    with start(here) as run:
        run.log({"n": 1})
    assert "would be sent" in call("sync", "--dry-run").output
    assert server.count == 0
    assert call("sync", str(run.directory), "--id", "other", "--project", "q", "--no-mark-synced").exit_code == 0
    assert server.runs["other"].fields["project"] == "q"
    assert "would be sent" in call("sync", "--dry-run").output


def test_run_dir_names_the_run(here: Path, server: ScriptedServer) -> None:
    """The folder `run.dir` sends its run; a folder without runs is an error, not a success."""
    with start(here) as run:
        run.log({"n": 1})
    assert call("sync", run.dir).exit_code == 0
    assert len(server.runs[run.id].rows) == 1
    (here / "empty").mkdir()
    assert "no run in" in str(call("sync", str(here / "empty")).exception)


def test_earlier_parts_are_sent_first(here: Path, server: ScriptedServer) -> None:
    """A resumed run also sends its unsent earlier part first, so that the rows are in order."""
    with start(here, id="again") as first:
        first.log({"n": 0})
    with start(here, id="again", resume="must") as second:
        second.log({"n": 1})
    assert call("sync", str(second.directory)).exit_code == 0
    assert [row["n"] for row in server.runs["again"].rows] == [0, 1]


def test_several_runs_concurrently(here: Path, server: ScriptedServer) -> None:
    """Runs are sent concurrently: all have asked to be registered before the first one is answered."""
    runs = set()
    for n in range(4):
        with start(here) as run:
            run.log({"n": n})
        runs.add(run.id)
    server.script = lambda n, _name: Fault("late", seconds=3) if n <= 4 else None
    assert call("sync").exit_code == 0
    first = [exchange for exchange in server.exchanges if exchange.name == "UpsertBucket"][:4]
    assert {exchange.content["name"] for exchange in first} == set(runs)
    assert {run: len(received.rows) for run, received in server.runs.items()} == dict.fromkeys(runs, 1)


def test_broken_upload_continues_at_its_line(here: Path, server: ScriptedServer) -> None:
    """Acknowledged lines are not sent again by the next call, and no line is missing."""
    with start(here) as run:
        for n in range(3000):
            run.log({"n": n, "text": "x" * 1000})
    server.script = lambda n, name: Fault("reset") if name == "file_stream" and n > 3 else None
    broken = call("sync", "--json")
    assert (broken.exit_code, json.loads(broken.stdout)[0]["state"]) == (1, "waiting")
    acknowledged = len(server.runs[run.id].rows)
    assert 0 < acknowledged < 3000
    server.script, server.exchanges[:] = (lambda _n, _name: None), []
    assert call("sync").exit_code == 0
    offsets = [
        body["files"]["wandb-history.jsonl"]["offset"]
        for body in posts(server)
        if "wandb-history.jsonl" in body["files"]
    ]
    assert offsets[0] == acknowledged
    assert [row["n"] for row in server.runs[run.id].rows] == list(range(3000))


def posts(server: ScriptedServer) -> list[dict[str, Any]]:
    """Return the bodies of posts with lines."""
    return [body for body in server.of("file_stream") if "files" in body]


def test_sending_again(here: Path, server: ScriptedServer) -> None:
    """`--include-synced` sends a run again, to the same places; `--append` adds its rows after the existing ones."""
    with start(here) as run:
        run.log({"n": 1})
    assert call("sync").exit_code == 0
    assert "nothing to send" in call("sync").output
    again = json.loads(call("sync", "--include-synced", "--json").stdout)
    assert [(run["state"], run["rows"]) for run in again] == [("done", 1)]
    assert (len(server.runs[run.id].rows), server.runs[run.id].completions) == (1, 2)
    copy = here / "copy" / run.directory.name
    shutil.copytree(run.directory, copy, ignore=shutil.ignore_patterns("*.sent", "*.synced"))
    assert call("sync", str(copy), "--append").exit_code == 0
    assert [row["n"] for row in server.runs[run.id].rows] == [1, 1]


def test_target_is_a_choice_for_one_run(here: Path, server: ScriptedServer) -> None:
    """`--entity` and `--project` apply to all runs, `--id` to one only."""
    for _ in range(2):
        with start(here) as run:
            run.log({"n": 1})
    assert call("sync", "--id", "x").exit_code == 2
    assert server.count == 0
    assert call("sync", "--entity", "team", "--project", "q").exit_code == 0
    assert {(received.fields["entity"], received.fields["project"]) for received in server.runs.values()} == {
        ("team", "q")
    }
    assert run.id in server.runs


def test_mark_is_optional(here: Path) -> None:
    """A sent run is marked so that the official tool skips it too, unless the user switches the mark off."""
    with start(here) as run:
        run.log({"n": 1})
    mark = run_file(run).with_name(f"{run_file(run).name}.synced")
    assert call("sync", "--no-mark-synced").exit_code == 0
    assert not mark.exists()
    assert call("sync", "--mark-synced").exit_code == 0
    assert mark.exists()


def test_clean_deletes_what_is_on_the_server(here: Path, server: ScriptedServer) -> None:
    """`--clean` deletes runs that are completely on the server, if the user agrees; all others stay."""
    folders = []
    for n in range(3):
        with start(here) as run:
            run.log({"n": n})
            (Path(run.dir) / "extra.txt").write_text("x")
            run.save(f"{run.dir}/extra.txt")
        folders.append(run.directory)
    active = start(here)
    server.script = lambda _n, name: Fault("status", 403) if name == "PUT extra.txt" else None
    result = call("sync", str(folders[0]))
    assert (result.exit_code, "extra.txt was not sent" in result.output) == (1, True)
    server.script = lambda _n, _name: None
    assert call("sync", str(folders[1])).exit_code == 0
    refused = CliRunner().invoke(group, ["sync", str(folders[1]), "--clean"], input="n\n")
    assert (refused.exit_code, folders[1].exists()) == (0, True)
    done = CliRunner().invoke(group, ["sync", "--clean"], input="y\n")
    assert "Delete 2 directories" in done.output
    assert [folder.exists() for folder in folders] == [True, False, False]
    assert active.directory.exists()
    active.finish()


def test_bar_shows_progress(here: Path) -> None:
    """At a terminal a bar grows to 100 %; in a pipe there is none."""
    with start(here) as run:
        for n in range(2000):
            run.log({"n": n, "text": "x" * 1000})
    command = [sys.executable, "-m", "wandb_nb", "sync", str(run.directory)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    child = pexpect.spawn(command[0], command[1:], env=environ, timeout=60, encoding="utf-8", dimensions=(24, 200))
    output = child.read()
    child.close()
    assert child.exitstatus == 0, output
    assert "100%" in output
    assert re.search(r"[1-9]\d?%", output.replace("100%", "")), output
    piped = subprocess.run([*command, "--include-synced"], env=environ, capture_output=True, text=True, check=True)
    assert "%" not in piped.stderr + piped.stdout


def test_watch_follows_runs_until_ctrl_c(here: Path, server: ScriptedServer) -> None:
    """`--watch` picks up runs that start later, sends them while they grow, and ends in order at Ctrl-C."""
    command = [sys.executable, "-m", "wandb_nb", "sync", "--watch", "--json"]
    watching = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    try:
        run = start(here)
        run.log({"n": 0}, step=0)
        until(lambda: run.id in server.runs and server.runs[run.id].rows, "the first row, of an active run")
        run.log({"n": 1})
        run.finish()
        with start(here) as second:
            second.log({"n": 2})
        until(lambda: [received.completions for received in server.runs.values()] == [1, 1], "both runs' ends")
        watching.send_signal(signal.SIGINT)
        output, _ = watching.communicate(timeout=30)
    finally:
        watching.kill()
        watching.wait()
    assert watching.returncode == 0
    assert {(result["run"], result["state"]) for result in json.loads(output)} == {
        (run.id, "done"),
        (second.id, "done"),
    }


def test_refusal_is_an_error(here: Path, server: ScriptedServer) -> None:
    """A refused run is exit code 1 and one line with the server's message; `status` repeats it."""
    with start(here) as run:
        run.log({"n": 1})
    server.script = lambda _n, _name: Fault("status", 403, message="permission denied")
    done = call("sync")
    assert (done.exit_code, "permission denied" in done.output) == (1, True)
    assert KEY not in done.output
    (status,) = json.loads(call("status", "--json").stdout)
    assert (status["state"], status["id"]) == (REFUSED, run.id)
    assert "permission denied" in status["message"]


def test_damage_is_exit_code_three(here: Path, server: ScriptedServer) -> None:
    """A damaged file is sent as far as it can be read, and the exit code is 3."""
    with start(here) as run:
        for n in range(500):
            run.log({"n": n, "text": "x" * 300})
    content = bytearray(run_file(run).read_bytes())
    content[70_000:70_050] = bytes(50)
    run_file(run).write_bytes(content)
    done = call("sync")
    assert (done.exit_code, "cannot be read" in done.output) == (3, True)
    assert len(server.runs[run.id].rows) > 300


def test_missing_key_is_an_error(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the command explains how to get one."""
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("NETRC", str(here / "none"))
    with start(here) as run:
        run.log({"n": 1})
    assert "login()" in str(call("sync").exception)
