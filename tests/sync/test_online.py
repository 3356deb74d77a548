"""Runs that go online: what `init()`, `log()` and `finish()` do while a background process sends the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scripted_server import Fault, ScriptedServer
from sending import KEY
from services import end_services, services
from waiting import until

import wandb_nb as wandb
from wandb_nb.cli import group
from wandb_nb.store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.crash

QUIET = {"silent": True, "x_disable_stats": True, "console": "off"}


@pytest.fixture(autouse=True)
def no_service_stays() -> Iterator[None]:
    """End the services that a test started."""
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
    """With a key a run is online by default: rows arrive while it goes on, and all is there when `finish()` returns."""
    run = wandb.init(project="p", settings=QUIET)
    assert (run.mode, run.directory.name.startswith("run-")) == ("online", True)
    run.log({"a": 1})
    until(lambda: server.runs and server.runs[run.id].rows, "the first row")
    run.log({"a": 2})
    run.finish()
    held = server.runs[run.id]
    assert [row["a"] for row in held.rows] == [1, 2]
    assert (held.exit_code, held.completions) == (0, 1)
    assert run.url == f"{server.url}/stub-entity/p/runs/{run.id}"
    assert run.outcome == f"sent: {run.url}"


@pytest.mark.usefixtures("here")
def test_ten_runs_have_one_service(server: ScriptedServer) -> None:
    """A loop of runs starts one background process."""
    for n in range(10):
        with wandb.init(project="p", settings=QUIET) as run:
            run.log({"n": n})
        assert len(services()) == 1
    assert sorted(held.rows[0]["n"] for held in server.runs.values()) == list(range(10))


@pytest.mark.usefixtures("here")
def test_thread_mode_starts_no_process(server: ScriptedServer) -> None:
    """With `start_method="thread"` the same is done in this process."""
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
    """A server that refuses the run makes `init(mode="online")` raise with the server's words."""
    server.script = lambda _n, _name: Fault("status", status, message="not for you")
    with pytest.raises(error, match="not for you"):
        wandb.init(project="p", mode="online", settings=QUIET)


def test_a_refused_run_leaves_nothing(server: ScriptedServer, here: Path) -> None:
    """After a refusal no directory, listed run or request is left, and the earlier run of that id still counts."""
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
    """Without an answer in `init_timeout` seconds `init(mode="online")` raises CommError, which says what to do."""
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(wandb.CommError, match=r"did not answer within 1 s.*wandb-nb sync"):
        wandb.init(project="p", mode="online", settings={**QUIET, "init_timeout": 1})


@pytest.mark.usefixtures("here")
def test_no_server_by_default_costs_no_row(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a server a run that is online by default goes on, says so in one line, and is sent later by command."""
    from click.testing import CliRunner

    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    run = wandb.init(project="p", settings={**QUIET, "silent": False, "quiet": True})

    def told() -> bool:
        run.log({"a": 1})
        return "the server is not reached" in capsys.readouterr().err

    until(told, "the line")
    run.finish()
    out = capsys.readouterr().err
    assert "the server is not reached" not in out
    assert "wandb-nb sync" in out
    for service in services():
        service.kill()
        service.wait()
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    done = CliRunner().invoke(group, ["sync"])
    assert done.exit_code == 0, done.output
    assert len(server.runs[run.id].rows) == run.rows


@pytest.mark.usefixtures("here")
def test_stop_on_the_server_interrupts(server: ScriptedServer) -> None:
    """Stop pressed on the server's page is KeyboardInterrupt in the training."""
    run = wandb.init(project="p", settings=QUIET)
    server.stopped = True

    def train() -> bool:
        run.log({"a": 1})
        return False

    with pytest.raises(KeyboardInterrupt):
        until(train, "the interrupt")
    run.finish()


@pytest.mark.usefixtures("here")
def test_killed_service_is_started_again(server: ScriptedServer) -> None:
    """After `kill -9` of the service the run goes on, and `finish()` has everything sent, once."""
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
