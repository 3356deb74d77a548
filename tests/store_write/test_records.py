"""Every record as the official package's generated classes read it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wandb_nb.store.format import records
from wandb_nb.store.metrics.definition import SUMMARY_KINDS, Metric
from wandb_nb.store.writing.row_encoder import RESERVED, RowEncoder, extra_items

pytestmark = pytest.mark.official

# Importing the official package costs seconds, and its libraries emit warnings.
official = pytest.importorskip("google.protobuf.json_format")


def parsed(body: bytes, number: int = 7) -> dict:
    """Return a body, numbered, as the official classes read it, with no unknown fields."""
    from google.protobuf import json_format, unknown_fields
    from wandb.proto.wandb_internal_pb2 import Record

    record = Record()
    payload = b"\x08" + bytes((number,)) + body
    assert record.ParseFromString(payload) == len(payload)
    assert record.num == number
    assert not list(unknown_fields.UnknownFieldSet(record))
    # Their classes write the same message again: no field was lost.
    assert Record.FromString(record.SerializeToString()) == record
    result = json_format.MessageToDict(record, preserving_proto_field_name=True)
    del result["num"]
    return result


CASES = {
    "header": (
        records.header("wandb_nb 1"),
        {"header": {"version_info": {"producer": "wandb_nb 1", "min_consumer": "0.70.0"}}},
    ),
    "run": (
        records.run(
            "abcd1234",
            project="p",
            entity="e",
            config={"lr": "0.1", ("a", "b"): "[1]"},
            group="g",
            job_type="j",
            name="n",
            notes="ä\n",
            tags=["t", "u"],
            sweep_id="s",
            host="h",
            starting_step=300,
            start_time=1_700_000_000.25,
            resumed=True,
            runtime=5,
            git_remote="r",
            git_commit="c",
            forked=True,
            branch_point=("other", "_step", 3.0),
            telemetry=records.telemetry_message(features=["offline"]),
        ),
        {
            "run_id": "abcd1234",
            "project": "p",
            "entity": "e",
            "config": {
                "update": [
                    {"key": "lr", "value_json": "0.1"},
                    {"nested_key": ["a", "b"], "value_json": "[1]"},
                ]
            },
            "run_group": "g",
            "job_type": "j",
            "display_name": "n",
            "notes": "ä\n",
            "tags": ["t", "u"],
            "sweep_id": "s",
            "host": "h",
            "starting_step": "300",
            "start_time": "2023-11-14T22:13:20.250Z",
            "resumed": True,
            "runtime": 5,
            "git": {"remote_url": "r", "commit": "c"},
            "forked": True,
            "branch_point": {"run": "other", "value": 3.0, "metric": "_step"},
        },
    ),
    "bare run": (records.run("abcd1234"), {"run": {"run_id": "abcd1234"}}),
    "config": (
        records.config({"a": "1"}, ["b", ("c", "")]),
        {
            "config": {
                "update": [{"key": "a", "value_json": "1"}],
                "remove": [{"key": "b"}, {"nested_key": ["c", ""]}],
            }
        },
    ),
    "summary": (
        records.summary({("_wandb", "runtime"): "3"}, ["b"]),
        {
            "summary": {
                "update": [{"nested_key": ["_wandb", "runtime"], "value_json": "3"}],
                "remove": [{"key": "b"}],
            }
        },
    ),
    "metric": (
        records.metric(
            Metric(
                "acc",
                step_metric="epoch",
                step_sync=True,
                hidden=True,
                summary=SUMMARY_KINDS,
                goal="maximize",
                expanded=True,
            ),
            step_index=2,
            overwrite=True,
        ),
        {
            "metric": {
                "name": "acc",
                "step_metric": "epoch",
                "step_metric_index": 2,
                "options": {"step_sync": True, "hidden": True, "defined": True},
                "summary": dict.fromkeys(SUMMARY_KINDS, True),
                "goal": "GOAL_MAXIMIZE",
                "_control": {"overwrite": True},
                "expanded_from_glob": True,
            }
        },
    ),
    "glob": (
        records.metric(Metric("val/*", goal="minimize", defined=False)),
        {"metric": {"glob_name": "val/*", "goal": "GOAL_MINIMIZE"}},
    ),
    "exit": (records.exit(-1, 61.9), {"exit": {"exit_code": -1, "runtime": 61}}),
    "exit 0": (records.exit(0, 0), {"exit": {}}),
    "files": (
        records.files([("a.txt", "now", "wandb"), ("b/*", "live", "other"), ("c", "end", "media")]),
        {
            "files": {
                "files": [
                    {"path": "a.txt", "type": "WANDB"},
                    {"path": "b/*", "policy": "LIVE"},
                    {"path": "c", "policy": "END", "type": "MEDIA"},
                ]
            }
        },
    ),
    "output": (
        records.output_raw("hello\r", "stdout", 1_700_000_000),
        {"output_raw": {"output_type": "STDOUT", "timestamp": "2023-11-14T22:13:20Z", "line": "hello\r"}},
    ),
    "stats": (
        records.stats({"cpu": "1.5"}, 1_700_000_000),
        {"stats": {"timestamp": "2023-11-14T22:13:20Z", "item": [{"key": "cpu", "value_json": "1.5"}]}},
    ),
    "alert": (
        records.alert("t", "x", "WARN", 1.5),
        {"alert": {"title": "t", "text": "x", "level": "WARN", "wait_duration": "1500"}},
    ),
    "preempting": (records.preempting(), {"preempting": {}}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_official_classes_read_each_kind(case):
    """Each builder's bytes contain exactly the given fields, as the official classes see them."""
    body, expected = CASES[case]
    message = parsed(body)
    if case == "run":
        telemetry = message["run"].pop("telemetry")
        assert telemetry["feature"] == {"offline": True}
        expected = {"run": expected}
    assert message == expected


def test_the_official_classes_read_telemetry():
    """Every feature and environment with a name here has the same name there."""
    body = records.telemetry(
        features=records.FEATURES,
        environments=records.ENVIRONMENTS,
        cli_version="1",
        imports_init=[1],
        labels={"code": "c", "repo": "r", "code_version": "v"},
    )
    message = parsed(body)["telemetry"]
    assert message["feature"] == dict.fromkeys(records.FEATURES, True)
    assert message["env"] == dict.fromkeys(records.ENVIRONMENTS, True)
    assert message["cli_version"] == "1"
    assert message["label"] == {"code_string": "c", "repo_string": "r", "code_version": "v"}
    assert message["imports_init"]
    assert message["python_version"]
    assert message["platform"]


def test_the_official_classes_read_the_environment():
    """The values of wandb-metadata.json are read under their names, from texts and numbers."""
    facts = {
        "os": "o",
        "python": "p",
        "startedAt": "2023-11-14T22:13:20.250000Z",
        "docker": "d",
        "args": ["a", ""],
        "program": "m.py",
        "codePath": "x/m.py",
        "codePathLocal": "m.py",
        "git": {"remote": "r", "commit": "c"},
        "email": "e",
        "root": "/r",
        "host": "h",
        "username": "u",
        "executable": "x",
        "colab": "c",
        "cpu_count": 2,
        "cpu_count_logical": 4,
        "gpu": "g",
        "gpu_count": 1,
        "disk": {"/": {"total": "10", "used": 3}},
        "memory": {"total": "16"},
        "cpu": {"model": "m", "count": 2, "countLogical": 4},
        "cudaVersion": "12",
        "slurm": {"job": "1"},
        "writerId": "w",
    }
    message = parsed(records.environment(facts))["environment"]
    assert message == {
        "os": "o",
        "python": "p",
        "started_at": "2023-11-14T22:13:20.250Z",
        "docker": "d",
        "args": ["a", ""],
        "program": "m.py",
        "code_path": "x/m.py",
        "code_path_local": "m.py",
        "git": {"remote_url": "r", "commit": "c"},
        "email": "e",
        "root": "/r",
        "host": "h",
        "username": "u",
        "executable": "x",
        "colab": "c",
        "cpu_count": 2,
        "cpu_count_logical": 4,
        "gpu_type": "g",
        "gpu_count": 1,
        "disk": {"/": {"total": "10", "used": "3"}},
        "memory": {"total": "16"},
        "cpu": {"count": 2, "count_logical": 4, "model": "m"},
        "cuda_version": "12",
        "slurm": {"job": "1"},
        "writer_id": "w",
    }
    assert parsed(records.environment({"writerId": "w", "cpu": {"count": None}})) == {
        "environment": {"writer_id": "w", "cpu": {}}
    }


keys = st.text(max_size=40).filter(lambda key: key not in RESERVED)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=200)


@settings(max_examples=50)
@given(
    st.dictionaries(keys, values | st.dictionaries(keys, values, min_size=1, max_size=2), max_size=5),
    st.integers(0, 1 << 50),
)
def test_the_official_classes_read_each_row_as_logged(row, step):
    """The official classes return each leaf of a row, and its step."""
    body = RowEncoder().encode(row, step, 0.5, 1.5, extra_items(cell=3))
    message = parsed(body)["history"]
    assert int(message["step"].get("num", 0)) == step
    items = {tuple(item["nested_key"]): json.loads(item["value_json"]) for item in message["item"]}
    expected = {("_step",): step, ("_runtime",): 0.5, ("_timestamp",): 1.5, ("_cell",): 3}
    for key, value in row.items():
        expected |= {(key, k): v for k, v in value.items()} if isinstance(value, dict) else {(key,): value}
    assert items == expected


def test_a_lone_surrogate_is_written_as_its_escape():
    """The official classes accept a record whose text UTF-8 cannot encode."""
    assert parsed(records.config({"\ud800": "1"}))["config"]["update"][0]["key"] == "\\ud800"
    message = parsed(RowEncoder().encode({"a\ud800": "\ud800"}, 0, 0.0, 0.0))["history"]["item"][0]
    assert message["nested_key"] == ["a\\ud800"]
