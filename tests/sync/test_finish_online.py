"""The end of an online run as its user sees it, and a failed start: real scripts, with and without a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import psutil
import pytest
from click.testing import CliRunner
from scripted_server import Fault, ScriptedServer, free_port
from sending import KEY
from waiting import until

from wandb_nb.cli import group

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.crash

HERE = Path(__file__).parent
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Iterator[Path]:
    """Return the working directory of a user who has a key for the server; services end with the test."""
    monkeypatch.chdir(tmp_path)
    variables = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY, "PYTHONPATH": f"{HERE}:{HERE.parents[1]}"}
    for kind in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER"):
        variables |= {f"WANDB_X_{kind}_RETRY_WAIT_MIN_SECONDS": "0.05", f"WANDB_X_{kind}_RETRY_WAIT_MAX_SECONDS": "0.2"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield tmp_path
    data = os.environ["WANDB_NB_DATA_DIR"]
    for process in psutil.process_iter(["cmdline"]):
        if "-c" in (process.info["cmdline"] or []) and data in process.info["cmdline"][-1]:
            process.kill()


def script(*arguments: str, **settings: Any) -> list[str]:
    """Return the command of a user's script."""
    return [sys.executable, str(HERE / "online_script.py"), *arguments, json.dumps(settings)]


def run(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a user's script to its end."""
    return subprocess.run(script(*arguments, **settings), capture_output=True, text=True, timeout=120, check=False)


def at_terminal(*arguments: str, **settings: Any) -> pexpect.spawn[str]:
    """Start a user's script at a terminal."""
    program, *rest = script(*arguments, **settings)
    return pexpect.spawn(program, rest, timeout=60, encoding="utf-8", dimensions=(24, 300), env=os.environ)


def test_bar_then_all_is_sent(server: ScriptedServer) -> None:
    """At a terminal `finish()` shows pending rows and bytes, and at the end the run's address."""
    blocked = True
    server.script = lambda _n, name: Fault("status", 503) if name == "file_stream" and blocked else None
    user = at_terminal("online", "2000")
    user.expect(r"sending \[[#.]+\] \d+/2000 rows, [\d.]+ kB pending")
    blocked = False
    user.expect("finished sent: http")
    user.expect(pexpect.EOF)
    assert len(server.runs["r"].rows) == 2000


def test_ctrl_c_ends_the_wait_not_the_sending(server: ScriptedServer) -> None:
    """After Ctrl-C in `finish()` the script continues, one line names the rest and the command; it is sent anyway."""
    blocked = True
    server.script = lambda _n, name: Fault("status", 503) if name == "file_stream" and blocked else None
    user = at_terminal("online", "50")
    user.expect("pending")
    user.sendintr()
    user.expect(r"finished not sent yet: 50 rows.* kB\).*'wandb-nb sync [^']+' sends it")
    user.expect(pexpect.EOF)
    user.close()
    assert user.exitstatus == 0
    blocked = False
    until(lambda: server.runs["r"].completions, "the end of the run")
    assert (len(server.runs["r"].rows), server.runs["r"].exit_code) == (50, 0)


def test_wait_is_bounded(server: ScriptedServer) -> None:
    """After `finish_timeout` seconds `finish()` returns and names the rest; the command it prints sends it."""
    blocked = True
    server.script = lambda _n, name: Fault("status", 500) if name.startswith("PUT") and blocked else None
    done = run("online", "10", finish_timeout=2)
    assert done.returncode == 0
    line = done.stdout.splitlines()[-1]
    assert "files (" in line
    assert "rows" not in line
    assert "HTTP 500" in line
    blocked = False
    command = line.rpartition("'wandb-nb ")[2].partition("'")[0].split()
    until(lambda: server.runs["r"].completions, "the end of the run")
    assert CliRunner().invoke(group, command).exit_code == 0


def test_no_bar_into_a_pipe(server: ScriptedServer) -> None:
    """Output into a pipe has only the first and last lines."""
    server.script = lambda n, name: Fault("late", seconds=1) if name == "file_stream" and n < 5 else None
    done = run("online", "10")
    assert "pending" not in done.stderr
    assert "\r" not in done.stderr
    assert "finished sent" in done.stdout


def test_refusal_is_reported_once_and_stored(server: ScriptedServer) -> None:
    """A final refusal is one line during the run, one at its end, and one of `status`."""
    server.script = lambda _n, name: Fault("status", 403, message="quota is used up") if name == "file_stream" else None
    done = run("online", "10")
    assert done.returncode == 0
    assert "finished refused by the server (HTTP 403: quota is used up); the run is on disk" in done.stdout
    (status,) = json.loads(CliRunner().invoke(group, ["status", "--json"]).stdout)
    assert (status["state"], status["message"]) == ("refused", "HTTP 403: quota is used up")
    assert KEY not in done.stdout + done.stderr


def test_row_above_the_line_limit_names_its_key(server: ScriptedServer, here: Path) -> None:
    """`finish()` names a value that makes a row too long for the server, and the rest of the row arrives."""
    (here / "big.py").write_text(
        "import wandb_nb as wandb\n"
        "run = wandb.init(project='p', id='r', mode='online', settings={'x_disable_stats': True})\n"
        "run.log({'essay': 'x' * (6 << 20), 'n': 1}, step=0)\nrun.log({'more': 'y' * (5 << 20)}, step=0)\n"
        "run.finish()\nprint(run.outcome)\n"
    )
    done = subprocess.run([sys.executable, "big.py"], capture_output=True, text=True, timeout=120, check=True)
    assert "not sent: the value of 'essay' was left out of a row longer than 10 MB" in done.stdout
    (row,) = server.runs["r"].rows
    assert (row["n"], "essay" in row, "more" in row) == (1, False, True)


def test_no_server_where_online_is_asked_for(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """CommError after `init_timeout` with a remedy; no run is left behind and the script ends immediately."""
    monkeypatch.setenv("WANDB_BASE_URL", NOWHERE)
    began = time.monotonic()
    done = run("online", "10", init_timeout=1)
    assert done.returncode == 1
    assert "CommError: http://127.0.0.1:9 did not answer within 1 s" in done.stderr
    assert "mode='offline'" in done.stderr
    assert time.monotonic() - began < 60  # not the default wait of 90 s
    assert not list((here / "wandb").glob("*run-*"))


def test_no_server_where_online_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line is printed and the run continues; the process retries, and sends all once the server is there."""
    monkeypatch.setenv("WANDB_BASE_URL", NOWHERE)
    done = run("default", "10")
    assert done.returncode == 0
    assert "finished not sent yet: 10 rows" in done.stdout
    assert done.stderr.count("cannot be reached") <= 2
    port = free_port()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{port}")
    assert "not sent yet" in run("default", "10", resume="never", run_id="late").stdout
    with ScriptedServer(port=port) as late:
        until(lambda: late.runs and late.runs["late"].completions, "the run, once there is a server")
        assert len(late.runs["late"].rows) == 10


def with_python(path: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a user's script that uses *path* as its Python."""
    code = f"import sys, runpy; sys.executable = {str(path)!r}; sys.argv = {script('online', '3', **settings)[1:]!r}"
    command = [sys.executable, "-c", f"{code}; runpy.run_path(sys.argv[0])"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def python(here: Path, *lines: str) -> Path:
    """Return a program that is not Python."""
    path = here / "python"
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


def test_process_that_cannot_start(here: Path) -> None:
    """InitStartError gives the reason and the alternatives; thread mode works."""
    broken = python(here, "echo 'no memory for a process' >&2", "exit 3")
    for path, why in ((broken, "exit code 3: no memory for a process"), (here / "gone", "could not be started")):
        done = with_python(path)
        assert (done.returncode, "InitStartError" in done.stderr) == (1, True)
        assert why in done.stderr
        assert "start_method='thread'" in done.stderr
        assert "finished sent" in with_python(path, start_method="thread").stdout


def test_process_that_does_not_answer(here: Path) -> None:
    """A background process that hangs is an InitStartError after `x_service_wait` seconds."""
    done = with_python(python(here, "exec sleep 100"), x_service_wait=1)
    assert "InitStartError: the background process did not answer within 1 s" in done.stderr


def test_sync_takes_a_run_over(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
    """`sync` sends a run whose process has ended and whose background process cannot reach its server."""
    monkeypatch.setenv("WANDB_BASE_URL", NOWHERE)
    assert "not sent yet" in run("default", "10").stdout
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    done = CliRunner().invoke(group, ["sync"])
    assert done.exit_code == 0, done.output
    assert len(server.runs["r"].rows) == 10


@pytest.mark.parametrize("wanted", [True, False])
def test_stop_reaches_a_script_that_logs_nothing(server: ScriptedServer, here: Path, wanted: bool) -> None:
    """Stop on the server's page interrupts the main thread in its sleep, unless `stop_on_request` is off."""
    settings = {"x_stats_sampling_interval": 0.2, "stop_on_request": wanted, "heartbeat_seconds": 1}
    (here / "sleeper.py").write_text(
        "import time, wandb_nb as wandb\n"
        f"run = wandb.init(project='p', id='r', mode='online', settings={settings!r})\n"
        "try:\n    time.sleep(600 if run.settings.stop_on_request else 8)\n    how = 'slept'\n"
        "except KeyboardInterrupt:\n    how = 'interrupted'\n"
        "run.finish()\nprint(how)\n"
    )
    server.stopped = True
    done = subprocess.run([sys.executable, "sleeper.py"], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split()[-1] == ("interrupted" if wanted else "slept")
