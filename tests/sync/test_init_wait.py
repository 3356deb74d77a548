"""The wait of `init()` for the server's first answer: how long, for what, and what follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pexpect
import psutil
import pytest
from scripted_server import ENTITY, Fault, ScriptedServer, free_port
from sending import KEY
from services import end_services
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.crash

NOWHERE = "http://127.0.0.1:9"
SCRIPT = """
import json, sys, time
import wandb_nb as wandb
for number, mode in enumerate(json.loads(sys.argv[1])):
    began = time.monotonic()
    try:
        run = wandb.init(project="p", id=f"r{number}", mode=mode, settings=json.loads(sys.argv[2]))
    except wandb.Error as error:
        print(json.dumps({"error": type(error).__name__, "text": str(error), "seconds": time.monotonic() - began}))
        continue
    facts = {"url": run.url, "entity": run.entity, "project": run.project, "name": run.name}
    print(json.dumps({**facts, "seconds": time.monotonic() - began}), flush=True)
    run.log({"a": 1})
    run.finish()
"""
DEFAULT, ASKED_FOR = None, "online"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Iterator[Path]:
    """Return the working directory of a user who has a key for the server; services end with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    for name in ("WAIT_MIN_SECONDS", "WAIT_MAX_SECONDS"):
        monkeypatch.setenv(f"WANDB_X_GRAPHQL_RETRY_{name}", "0.2")
    yield tmp_path
    data = os.environ["WANDB_NB_DATA_DIR"]
    for process in psutil.process_iter(["cmdline"]):
        if "-c" in (process.info["cmdline"] or []) and data in process.info["cmdline"][-1]:
            process.kill()


def command(*modes: str | None, **settings: Any) -> list[str]:
    """Return the command of a script that starts a run in each of *modes*."""
    quiet = {"x_disable_stats": True, "console": "off", "finish_timeout": 0.1}
    return [sys.executable, "-c", SCRIPT, json.dumps(modes), json.dumps({**quiet, **settings})]


def init(*modes: str | None, **settings: Any) -> tuple[list[dict[str, Any]], str]:
    """Start a run in each of *modes* in one process; return the facts of each, and what was printed to stderr."""
    done = subprocess.run(command(*modes, **settings), capture_output=True, text=True, timeout=120, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize("mode", [DEFAULT, ASKED_FOR])
def test_the_names_are_final(server: ScriptedServer, mode: str | None) -> None:
    """When `init()` returns, address, entity, project and name are those under which the server has the run."""
    (run,), _ = init(mode)
    assert (run["url"], run["entity"], run["project"]) == (f"{server.url}/{ENTITY}/p/runs/r0", ENTITY, "p")
    assert run["name"] == server.runs["r0"].fields["displayName"]


@pytest.mark.parametrize("mode", [DEFAULT, ASKED_FOR])
def test_errors_that_pass_are_waited_for(server: ScriptedServer, mode: str | None) -> None:
    """A server that answers with errors for longer than `unreachable_timeout` is waited for, and not longer."""
    until_time = time.monotonic() + 3
    server.script = lambda _n, _name: Fault("status", 503) if time.monotonic() < until_time else None
    (run,), printed = init(mode, unreachable_timeout=0.5)
    assert run["url"] is not None
    assert 2 < run["seconds"] < 20
    assert "did not answer" not in printed


def test_a_server_that_keeps_failing(server: ScriptedServer) -> None:
    """After `init_timeout` a default run starts with one line and is sent later; one asked to be online is an error."""
    is_down = True
    server.script = lambda _n, _name: Fault("status", 503) if is_down else None
    (run, refused), printed = init(DEFAULT, ASKED_FOR, init_timeout=1)
    assert (run["url"], run["entity"]) == (None, None)
    assert printed.count("did not answer within 1 s (init_timeout) (HTTP 503: scripted)") == 1
    assert "the run is stored on disk and sent later" in printed
    assert refused["error"] == "CommError"
    assert "HTTP 503: scripted" in refused["text"]
    assert "mode='offline'" in refused["text"]
    assert 1 <= run["seconds"] < 10
    is_down = False
    until(lambda: server.runs and server.runs["r0"].completions, "the default run")
    assert [row["a"] for row in server.runs["r0"].rows] == [1]
    assert "r1" not in server.runs


@pytest.mark.parametrize("fault", ["no listener", "silent"])
def test_nothing_answers(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Where nothing answers, `unreachable_timeout` counts; a second default run of the process does not wait."""
    server.script = lambda _n, _name: Fault("late", seconds=30)
    if fault == "no listener":
        monkeypatch.setenv("WANDB_BASE_URL", NOWHERE)
    (first, second, refused), printed = init(DEFAULT, DEFAULT, ASKED_FOR, unreachable_timeout=1)
    assert 1 <= first["seconds"] < 10
    assert second["seconds"] < 1
    assert (first["url"], second["url"], refused["error"]) == (None, None, "CommError")
    assert "did not answer within 1 s (unreachable_timeout)" in refused["text"]
    assert printed.count("did not answer within 1 s (unreachable_timeout)") == 1


def test_a_run_that_did_not_wait_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once there is a server, it gets the runs that started without it."""
    port = free_port()
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{port}")
    init(DEFAULT, DEFAULT, unreachable_timeout=0.2)
    with ScriptedServer(port=port) as late:
        until(lambda: len(late.runs) == 2 and all(run.completions for run in late.runs.values()), "both runs")
        end_services()


@pytest.mark.parametrize(("mode", "after"), [(DEFAULT, '"seconds"'), (ASKED_FOR, "CommError")])
def test_ctrl_c_ends_the_wait(server: ScriptedServer, mode: str | None, after: str) -> None:
    """Ctrl-C ends the wait with one line, and a default run starts; one that was asked to be online is a CommError."""
    is_down = True
    server.script = lambda _n, _name: Fault("status", 503) if is_down else None
    program, *rest = command(mode)
    user = pexpect.spawn(program, rest, timeout=60, encoding="utf-8", dimensions=(24, 300), env=os.environ)
    until(lambda: server.count > 2, "some attempts")
    user.sendintr()
    user.expect("was not waited for any longer")
    assert (after in user.before) == (mode is ASKED_FOR)
    user.expect(pexpect.EOF)
    user.close()
    assert user.exitstatus == 0
    is_down = False
    if mode is DEFAULT:
        until(lambda: server.runs and server.runs["r0"].completions, "the run")


def test_a_refused_run_leaves_nothing(server: ScriptedServer, here: Path) -> None:
    """Permission denied is raised where online is the default too, and leaves no run."""
    server.script = lambda _n, _name: Fault("status", 403, message="not yours")
    (refused,), _ = init(DEFAULT)
    assert refused["error"] == "LaunchError"
    assert "not yours" in refused["text"]
    assert not list((here / "wandb").glob("*run-*"))


def test_another_refusal_does_not_stop_a_default_run(server: ScriptedServer) -> None:
    """A refusal that is not about permissions is one line where online is the default; the run continues on disk."""
    server.script = lambda _n, name: Fault("status", 422, message="too long") if name == "UpsertBucket" else None
    (run, refused), printed = init(DEFAULT, ASKED_FOR)
    assert run["url"] is None
    assert printed.count("the server refused the run (HTTP 422: too long); it continues on disk") == 1
    assert refused["error"] == "CommError"
    assert "refused the run: HTTP 422: too long" in refused["text"]


def test_only_what_is_needed_is_loaded() -> None:
    """`init()` registers the run without the HTTP client of the background process."""
    source = f"{SCRIPT}\nprint('requests' in sys.modules, 'urllib3' in sys.modules)"
    program, flag, _, *rest = command(DEFAULT)
    done = subprocess.run([program, flag, source, *rest], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines()[-1] == "False False"
