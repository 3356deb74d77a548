"""Online runs: what `init()`, `log()` and `finish()` do while a background process sends the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from click.testing import CliRunner
from scripted_server import Fault, ScriptedServer
from sending import KEY
from services import end_services, services
from waiting import until

import wandb_nb as wandb
from wandb_nb.cli import group
from wandb_nb.store.runs.registry import Registry
from wandb_nb.tracking.online.server_lookup import unanswering_servers

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.crash

QUIET = {"silent": True, "x_disable_stats": True, "console": "off"}


@pytest.fixture(autouse=True)
def no_service_stays() -> Iterator[None]:
    """End the services that a test started."""
    unanswering_servers.clear()
    yield
    end_services()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Path:
    """Return the working directory of a user who has a key for the server."""
    monkeypatch.chdir(tmp_path)
    variables = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY}
    for kind in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER"):
        variables |= {f"WANDB_X_{kind}_RETRY_WAIT_MIN_SECONDS": "0.05", f"WANDB_X_{kind}_RETRY_WAIT_MAX_SECONDS": "0.2"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.mark.usefixtures("here")
def test_run_streams(server: ScriptedServer) -> None:
    """With a key a run is online by default: rows arrive while it is active, and all is there after `finish()`."""
    run = wandb.init(project="p", settings=QUIET)
    assert (run.mode, run.directory.name.startswith("run-")) == ("online", True)
    run.log({"a": 1})
    until(lambda: server.runs and server.runs[run.id].rows, "the first row")
    run.log({"a": 2})
    run.finish()
    received = server.runs[run.id]
    assert [row["a"] for row in received.rows] == [1, 2]
    assert (received.exit_code, received.completions) == (0, 1)
    assert run.url == f"{server.url}/stub-entity/p/runs/{run.id}"
    assert run.outcome == f"sent: {run.url}"


@pytest.mark.usefixtures("here")
def test_a_proxy_is_not_used_for_this_machine(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a dead proxy in the environment and no `no_proxy`, a run reaches the server on this machine."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with wandb.init(project="p", mode="online", settings=QUIET) as run:
        run.log({"a": 1})
    assert [row["a"] for row in server.runs[run.id].rows] == [1]


@pytest.mark.usefixtures("here")
def test_ten_runs_have_one_service(server: ScriptedServer) -> None:
    """A loop of runs starts one background process."""
    for n in range(10):
        with wandb.init(project="p", settings=QUIET) as run:
            run.log({"n": n})
        assert len(services()) == 1
    assert sorted(received.rows[0]["n"] for received in server.runs.values()) == list(range(10))


@pytest.mark.usefixtures("here")
def test_thread_mode_starts_no_process(server: ScriptedServer) -> None:
    """With `start_method="thread"` this process sends the run."""
    with wandb.init(project="p", settings={**QUIET, "start_method": "thread"}) as run:
        run.log({"a": 1})
    assert services() == []
    assert server.runs[run.id].completions == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("status", "error"),
    [(403, wandb.LaunchError), (404, wandb.LaunchError), (401, wandb.AuthenticationError), (422, wandb.CommError)],
)
def test_refusal_at_init(server: ScriptedServer, status: int, error: type[Exception]) -> None:
    """If a server refuses the run, `init(mode="online")` raises with the server's message."""
    server.script = lambda _n, _name: Fault("status", status, message="not for you")
    with pytest.raises(error, match="not for you"):
        wandb.init(project="p", mode="online", settings=QUIET)


def test_a_refused_run_leaves_nothing(server: ScriptedServer, here: Path) -> None:
    """A refusal leaves no directory, listed run or request, and the earlier run of that id still counts."""
    with wandb.init(project="p", id="same", mode="offline", settings=QUIET) as first:
        first.log({"a": 1})
    server.script = lambda _n, _name: Fault("status", 403, message="not for you")
    with pytest.raises(wandb.LaunchError):
        wandb.init(project="p", id="same", mode="online", settings=QUIET)
    assert [path.name for path in (here / "wandb").glob("*run-*-*")] == [first.directory.name]
    assert (here / "wandb/latest-run").resolve() == first.directory
    assert [(entry.path, entry.state) for entry in Registry().all()] == [(str(first.directory), "finished")]
    assert list(Registry().folder.glob("sync/*/*.json")) == []
    assert list(wandb.read("same")["a"]) == [1]


@pytest.mark.usefixtures("here")
def test_no_server_where_online_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an answer in `init_timeout` seconds `init(mode="online")` raises CommError with a remedy."""
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(wandb.CommError, match=r"did not answer within 1 s.*wandb-nb sync"):
        wandb.init(project="p", mode="online", settings={**QUIET, "init_timeout": 1})


@pytest.mark.usefixtures("here")
def test_no_server_by_default_costs_no_row(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a server a run that is online by default continues, prints one line, and is sent later by command."""
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    run = wandb.init(project="p", settings={**QUIET, "silent": False, "quiet": True, "unreachable_timeout": 0.5})
    out = capsys.readouterr().err
    assert out.count("http://127.0.0.1:9 did not answer within 0.5 s (unreachable_timeout)") == 1
    assert "cannot be reached" in out
    assert "the run is stored on disk and sent later" in out
    run.log({"a": 1})
    run.finish()
    out = capsys.readouterr().err
    assert "did not answer" not in out
    assert "wandb-nb sync" in out
    for service in services():
        service.kill()
        service.wait()
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    done = CliRunner().invoke(group, ["sync"])
    assert done.exit_code == 0, done.output
    assert len(server.runs[run.id].rows) == run.rows


@pytest.mark.usefixtures("here")
def test_killed_service_is_started_again(server: ScriptedServer) -> None:
    """After `kill -9` of the service the run continues, and `finish()` gets everything sent, once."""
    run = wandb.init(project="p", settings=QUIET)
    for n in range(50):
        run.log({"n": n})
    until(lambda: server.runs and server.runs[run.id].rows, "the first rows")
    (service,) = services()
    service.kill()
    service.wait()
    for n in range(50, 100):
        run.log({"n": n})
    run.finish()
    assert [row["n"] for row in server.runs[run.id].rows] == list(range(100))
    assert server.runs[run.id].completions == 1


@pytest.mark.usefixtures("here")
def test_next_run_starts_a_killed_service_again(server: ScriptedServer) -> None:
    """After `kill -9` of the service the next `init()` starts another, which also sends the previous run."""
    server.script = lambda _n, name: Fault("status", 503) if name == "file_stream" and blocked else None
    blocked = True
    with wandb.init(project="p", settings={**QUIET, "finish_timeout": 0.1}) as first:
        first.log({"n": 1})
    assert first.outcome.startswith("not sent yet")
    end_services()
    blocked = False
    with wandb.init(project="p", settings=QUIET) as second:
        second.log({"n": 2})
    until(lambda: server.runs[first.id].completions, "the first run's end")
    assert [row["n"] for run in (first, second) for row in server.runs[run.id].rows] == [1, 2]


@pytest.mark.usefixtures("here")
def test_forked_children_leave_the_service_alone(server: ScriptedServer) -> None:
    """Children that log and end, in order or not, do not disturb it; their rows arrive with the parent's."""
    run = wandb.init(project="p", settings=QUIET)
    run.log({"n": 0})
    (service,) = until(services, "the service")
    for n in (1, 2):
        child = os.fork()
        if child == 0:
            run.log({"n": n})
            os.kill(os.getpid(), signal.SIGKILL) if n == 1 else os._exit(0)
        os.waitpid(child, 0)
    assert services() == [service]
    run.log({"n": 3})
    run.finish()
    assert sorted(row["n"] for row in server.runs[run.id].rows) == [0, 1, 2, 3]
    assert server.runs[run.id].completions == 1


@pytest.mark.usefixtures("here")
def test_service_holds_no_pipe_of_the_user() -> None:
    """A reader of the script's output sees its end while the service is still running."""
    code = (
        "import wandb_nb as w; r = w.init(project='p', settings={'x_disable_stats': True}); r.log({'a': 1});"
        "print('x' * 300_000); r.finish()"
    )
    environ = {**os.environ, "WANDB_BASE_URL": "http://127.0.0.1:9", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True, env=environ)
    assert len(done.stdout) > 300_000
    requests = list((Path(environ["WANDB_NB_DATA_DIR"]) / "sync").glob("*/*.json"))
    assert len(requests) == 1  # it keeps trying
    (process,) = [p for p in psutil.process_iter(["cmdline"]) if str(requests[0].parent) in (p.info["cmdline"] or [])]
    open_files = [str(fd.readlink()) for fd in Path(f"/proc/{process.pid}/fd").iterdir()]
    process.kill()
    assert not [name for name in open_files if name.startswith(("pipe:", "/dev/pts"))]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("wanted", [True, False])
def test_stop_from_the_server_is_a_choice(server: ScriptedServer, wanted: bool) -> None:
    """With `stop_on_request` switched off, Stop on the server's page interrupts nothing."""
    run = wandb.init(project="p", settings={**QUIET, "stop_on_request": wanted})
    server.stopped = True
    stop_file = run.directory / "control" / "stop"

    def train() -> bool:
        run.log({"a": 1})
        return stop_file.exists()

    if wanted:
        with pytest.raises(KeyboardInterrupt):
            until(lambda: train() and False, "the interrupt")
    else:
        until(train, "the request")
        until(lambda: run.log({"a": 2}) or run.rows > 100, "rows behind the request")
    run.finish()


@pytest.mark.usefixtures("here")
def test_status_lists_active_runs(server: ScriptedServer) -> None:
    """`wandb-nb status` lists an active run with uploaded and pending amounts and the reason, until it ends."""
    blocked = False
    server.script = lambda _n, name: Fault("status", 503) if name == "file_stream" and blocked else None
    run = wandb.init(project="p", settings=QUIET)
    for n in range(20):
        run.log({"n": n})
    until(lambda: server.runs and len(server.runs[run.id].rows) == 20, "the first rows")
    blocked = True
    for n in range(1000):
        run.log({"n": n})

    def problem_status() -> dict[str, Any]:
        (status,) = json.loads(CliRunner().invoke(group, ["status", "--json"]).stdout)
        return status if status["state"] == "waiting" and status["rows"] >= 20 else {}

    status = until(problem_status, "the problem")
    assert (status["id"], status["running"], status["url"]) == (
        run.id,
        True,
        f"{server.url}/stub-entity/p/runs/{run.id}",
    )
    assert status["rows"] < 1020
    assert status["pending_bytes"] > 10_000
    assert "503" in status["message"]
    table = CliRunner().invoke(group, ["status"]).output
    assert "kB" in table
    blocked = False
    run.finish()
    assert json.loads(CliRunner().invoke(group, ["status", "--json"]).stdout) == []
