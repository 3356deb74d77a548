"""The server's view of an active run: changes after `init()`, telemetry, preemption."""

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
    """Return the server for which the user has a key."""
    for name, value in embedded.environ.items():
        monkeypatch.setenv(name, value)
    return embedded


def own(config: str) -> dict[str, Any]:
    """Return the tracker's own part of a config."""
    own_config: dict[str, Any] = json.loads(config)["_wandb"]["value"]
    return own_config


def test_changes_after_init_arrive(user: EmbeddedServer) -> None:
    """Changes of name, notes, tags and config are on the server while the run is active."""
    run = wandb.init(project="p", id="changes", config={"lr": 0.1}, tags=["old"], group="g", settings=QUIET)
    until(lambda: user.run("changes", "id"), "the run")
    run.name, run.notes, run.tags = "new <b>", "a\nb", ("x", "y")
    run.config.update({"lr": 0.2, "deep": {"er": [1, None]}}, allow_val_change=True)
    fields = "displayName notes tags group state"
    until(lambda: user.run("changes", fields)["tags"] == ["x", "y"], "the tags")
    until(lambda: user.config("changes") == {"lr": 0.2, "deep": {"er": [1, None]}}, "the config")
    run_fields = user.run("changes", fields)
    assert (run_fields["displayName"], run_fields["notes"], run_fields["group"], run_fields["state"]) == (
        "new <b>",
        "a\nb",
        "g",
        "running",
    )
    run.tags, run.notes = (), None
    run.finish(exit_code=3)
    run_fields = user.run("changes", "tags notes state exitCode")
    assert (run_fields["tags"], run_fields["notes"], run_fields["state"], run_fields["exitCode"]) == (
        [],
        "",
        "failed",
        3,
    )


def test_preempting_is_reported_immediately(user: EmbeddedServer) -> None:
    """After `mark_preempting()` the server lists the run as preempting; its end is its end."""
    run = wandb.init(project="p", id="preempted", settings=QUIET)
    wandb.mark_preempting()
    until(lambda: (user.run("preempted", "state") or {}).get("state") == "preempting", "the state")
    run.finish()
    assert user.run("preempted", "state")["state"] == "finished"


def test_telemetry_is_as_official_clients_send_it(user: EmbeddedServer) -> None:
    """Versions, platform and features are in the config under the numbers of their record fields."""
    with wandb.init(project="p", id="telemetry", name="n", config={"a": 1}, settings=QUIET) as run:
        run.define_metric("loss", summary="min")
        run.log({"loss": 1}, step=0)
    own_config = own(user.run("telemetry", "config")["config"])
    assert own_config["python_version"] == own_config["t"]["4"] == platform.python_version()
    assert own_config["cli_version"] == own_config["t"]["5"] == own_config["t"]["12"] == wandb.__version__
    assert own_config["t"]["13"] == f"{platform.system()}-{platform.machine()}".lower()
    # Finish, metric; name, id and config in init; a step in log; a metric's summary.
    assert {2, 7, 13, 14, 16, 61, 63} <= set(own_config["t"]["3"])
    assert own_config["m"] == [{"1": "loss", "6": [3], "7": [1]}]
    with wandb.init(project="p", id="no-telemetry", settings={**QUIET, "error_reporting": False}):
        pass
    assert own(user.run("no-telemetry", "config")["config"])["t"]["3"] == []


def test_gzip_by_server_feature(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are compressed only if the setting allows it and the server offers it."""
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
