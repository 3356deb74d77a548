"""Our client beside the official one: the requests of both for the same program."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sending import network, run_file, send

import wandb_nb as wandb
from wandb_nb.sync.http.operations import QUERIES

if TYPE_CHECKING:
    from scripted_server import ScriptedServer

# What the official client 0.31.0 sent for the program below, without times and machine names.
GOLDEN = json.loads((Path(__file__).parent / "golden" / "online_basic.json").read_text("utf-8"))


def number(text: str) -> float:
    """Return a number as the official client writes it: whole ones without a decimal point."""
    return int(float(text)) if float(text).is_integer() else float(text)


def comparable(line: str | dict[str, Any]) -> str:
    """Return a row or summary without its times, as text in which NaN equals itself."""
    values = json.loads(line if isinstance(line, str) else json.dumps(line), parse_float=number)
    values_without_times = {
        key: value for key, value in values.items() if key not in ("_timestamp", "_runtime", "_wandb")
    }
    return json.dumps(values_without_times, sort_keys=True)


def program(folder: Path) -> wandb.Run:
    """Run the program that was recorded with the official client."""
    run = wandb.init(
        project="p1",
        id="2syzykkh",
        name="basic",
        config={"lr": 0.1, "nested": {"a": 1, "b": [1, 2]}},
        tags=["t1", "t2"],
        notes="a note",
        group="g",
        job_type="train",
        mode="offline",
        dir=folder,
        settings={"silent": True, "x_disable_stats": True, "console": "off"},
    )
    for i in range(3):
        odd = {"nan": math.nan, "inf": math.inf, "ninf": -math.inf}
        run.log({"loss": 1.0 / (i + 1), "nested/x": i, "d": {"e": i}, **odd})
    run.config.update({"extra": "v"})
    run.summary["best"] = 0.5
    run.finish()
    return run


def test_lines_are_those_of_the_official_client(server: ScriptedServer, tmp_path: Path) -> None:
    """Rows, summary and the end are equal except for times."""
    send(run_file(program(tmp_path)), network(server))
    received = server.runs["2syzykkh"]
    for name in ("wandb-history.jsonl", "wandb-summary.json"):
        assert list(map(comparable, received.lines[name])) == list(map(comparable, GOLDEN["lines"][name]))
    last = server.of("file_stream")[-1]
    assert {key: last[key] for key in ("complete", "exitcode")} == GOLDEN["final"]


def test_the_run_is_created_alike(server: ScriptedServer, tmp_path: Path) -> None:
    """The run is created with the same variables; config and summary follow in the same layout."""
    send(run_file(program(tmp_path)), network(server))
    ours, theirs = server.of("UpsertBucket")[0], GOLDEN["operations"]["UpsertBucket"]["variables"][0]
    not_told = ("config", "program", "host", "commit", "repo", "debug", "state")
    assert {key: ours[key] for key in theirs if key not in not_told} == {
        key: value for key, value in theirs.items() if key not in not_told
    }
    config = server.runs["2syzykkh"].config
    assert {key: config[key] for key in ("lr", "nested", "extra")} == {
        "lr": 0.1,
        "nested": {"a": 1, "b": [1, 2]},
        "extra": "v",
    }
    assert set(config["_wandb"]) >= {"cli_version", "python_version", "t", "m", "e"}


def test_operations_have_the_same_variables() -> None:
    """Each operation that both clients use declares the same variables with the same types."""
    for name, recorded in GOLDEN["operations"].items():
        if name in QUERIES:
            head = QUERIES[name].partition("{")[0]
            assert dict(re.findall(r"\$(\w+):\s*([\w!\[\]]+)", head)) == recorded["types"], name
