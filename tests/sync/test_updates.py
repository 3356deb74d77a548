"""What a server knows of a run that goes on: changes after `init()`, telemetry, the warning of its machine's end."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

import pytest
from sending import KEY
from services import end_services
from waiting import until

import wandb_nb as wandb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded_server import EmbeddedServer
    from scripted_server import ScriptedServer

pytestmark = pytest.mark.crash

QUIET = {"silent": True, "x_disable_stats": True, "console": "off"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the working directory; services end with the test."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    end_services()


@pytest.fixture
def user(embedded: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> EmbeddedServer:
    """Return the server that the user has a key for."""
    for name, value in embedded.environ.items():
        monkeypatch.setenv(name, value)
    return embedded


def own(config: str) -> dict[str, Any]:
    """Return the tracker's own part of a config."""
    found: dict[str, Any] = json.loads(config)["_wandb"]["value"]
    return found


def test_changes_after_init_arrive(user: EmbeddedServer) -> None:
    """Name, notes, tags and config as they are changed are on the server while the run goes on."""
    run = wandb.init(project="p", id="changes", config={"lr": 0.1}, tags=["old"], group="g", settings=QUIET)
    until(lambda: user.run("changes", "id"), "the run")
    run.name, run.notes, run.tags = "new <b>", "a\nb", ("x", "y")
    run.config.update({"lr": 0.2, "deep": {"er": [1, None]}}, allow_val_change=True)
    fields = "displayName notes tags group state"
    until(lambda: user.run("changes", fields)["tags"] == ["x", "y"], "the tags")
    until(lambda: user.config("changes") == {"lr": 0.2, "deep": {"er": [1, None]}}, "the config")
    held = user.run("changes", fields)
    assert (held["displayName"], held["notes"], held["group"], held["state"]) == ("new <b>", "a\nb", "g", "running")
    run.tags, run.notes = (), None
    run.finish(exit_code=3)
    held = user.run("changes", "tags notes state exitCode")
    assert (held["tags"], held["notes"], held["state"], held["exitCode"]) == ([], "", "failed", 3)


def test_preempting_is_told_at_once(user: EmbeddedServer) -> None:
    """After `mark_preempting()` the server knows the run for one that is to be queued again; its end is its end."""
    run = wandb.init(project="p", id="preempted", settings=QUIET)
    wandb.mark_preempting()
    until(lambda: (user.run("preempted", "state") or {}).get("state") == "preempting", "the state")
    run.finish()
    assert user.run("preempted", "state")["state"] == "finished"


def test_telemetry_is_as_official_clients_send_it(user: EmbeddedServer) -> None:
    """Versions, platform and features stand in the config by the numbers of their record's fields."""
    with wandb.init(project="p", id="telemetry", name="n", config={"a": 1}, settings=QUIET) as run:
        run.define_metric("loss", summary="min")
        run.log({"loss": 1}, step=0)
    told = own(user.run("telemetry", "config")["config"])
    assert told["python_version"] == told["t"]["4"] == platform.python_version()
    assert told["cli_version"] == told["t"]["5"] == told["t"]["12"] == wandb.__version__
    assert told["t"]["13"] == f"{platform.system()}-{platform.machine()}".lower()
    # finish, metric, name, id and config given to init, a step given to log, a metric's summary
    assert {2, 7, 13, 14, 16, 61, 63} <= set(told["t"]["3"])
    assert told["m"] == [{"1": "loss", "6": [3], "7": [1]}]
    with wandb.init(project="p", id="no-telemetry", settings={**QUIET, "error_reporting": False}):
        pass
    assert own(user.run("no-telemetry", "config")["config"])["t"]["3"] == []


def test_gzip_by_server_feature(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are compressed where the setting allows it and the server offers it, and only there."""
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    for offered, allowed in ((True, True), (True, False), (False, True)):
        server.features = ["FILESTREAM_GZIP"] * offered
        server.exchanges.clear()
        with wandb.init(project="p", settings={**QUIET, "x_file_stream_no_gzip": not allowed}) as run:
            run.log({"n": 1})
        packed = {e.headers.get("content-encoding") for e in server.exchanges if e.name == "file_stream"}
        assert packed == {"gzip" if offered and allowed else None}
        assert [row["n"] for row in server.runs[run.id].rows] == [1]
