"""Joined and partitioned tables as values of artifacts: stored as the official client stores them, and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable

LEFT, RIGHT = [[1, "a"], [2, "b"]], [[1, 0.5], [2, 0.25]]


def tables() -> tuple[wandb.Table, wandb.Table]:
    """Return two tables with a common column."""
    return wandb.Table(columns=["id", "x"], data=LEFT), wandb.Table(columns=["id", "y"], data=RIGHT)


def content(artifact: wandb.Artifact, path: str) -> Any:
    """Return the JSON of a file of a draft."""
    return json.loads(Path(artifact.manifest.entries[path].local_path or "").read_text())


def test_tables_are_joined_by_their_paths(start: Callable[..., wandb.Run]) -> None:
    """Tables that were added are named by their paths, others are added; all are read back as a joined table."""
    first, second = tables()
    artifact = wandb.Artifact("data", "dataset")
    artifact.add(first, "left")
    joined = wandb.JoinedTable(first, second, ["id", "id"])
    assert artifact.add(joined, "sub/both").path == "sub/both.joined-table.json"
    added = f"t2_{id(joined)}.table.json"
    assert sorted(artifact.manifest.entries) == sorted(["left.table.json", added, "sub/both.joined-table.json"])
    assert content(artifact, "sub/both.joined-table.json") == {
        "_type": "joined-table",
        "join_key": ["id", "id"],
        "table1": "left.table.json",
        "table2": added,
    }
    run = start(project="p")
    run.log_artifact(artifact)
    value = run.use_artifact("data:v0").get("sub/both")
    assert isinstance(value, wandb.JoinedTable)
    assert [table.data for table in value.tables] == [LEFT, RIGHT]
    assert value.join_key == ["id", "id"]


def test_a_table_is_joined_by_name() -> None:
    """A path of the artifact stands for its table; one that is not there is refused by name."""
    artifact = wandb.Artifact("data", "dataset")
    artifact.add(tables()[0], "left")
    artifact.add(wandb.JoinedTable("left.table.json", "left.table.json", "id"), "same")
    assert content(artifact, "same.joined-table.json")["table2"] == "left.table.json"
    with pytest.raises(ArtifactError, match=r"no table 'right.table.json' to join"):
        artifact.add(wandb.JoinedTable("left.table.json", "right.table.json", "id"), "other")


def test_parts_are_one_table(start: Callable[..., wandb.Run]) -> None:
    """A partitioned table names the folder of its parts, and has their rows, with pictures, when it is read back."""
    artifact = wandb.Artifact("data", "dataset")
    pixels = np.zeros((3, 3, 3), np.uint8)
    for number in (2, 1):
        artifact.add(wandb.Table(columns=["x", "p"], data=[[number, wandb.Image(pixels)]]), f"parts/{number}")
    whole = wandb.data_types.PartitionedTable("parts")
    artifact.add(whole, "whole")
    assert content(artifact, "whole.partitioned-table.json") == {"_type": "partitioned-table", "parts_path": "parts"}
    artifact.add(wandb.JoinedTable(whole, tables()[0], "x"), "joined")
    assert content(artifact, "joined.joined-table.json")["table1"] == "whole.partitioned-table.json"
    run = start(project="p")
    run.log_artifact(artifact)
    stored = run.use_artifact("data:v0")
    rows = list(stored.get("whole").iterrows())
    assert [(number, row[0], type(row[1])) for number, row in rows] == [(0, 1, wandb.Image), (1, 2, wandb.Image)]
    assert [row[0] for _, row in stored.get("joined").tables[0].iterrows()] == [1, 2]


@pytest.mark.parametrize("path", ["../secret.table.json", "a.joined-table.json", "missing.table.json", 5])
def test_hostile_joins_are_refused(start: Callable[..., wandb.Run], path: object) -> None:
    """A joined table that names what is not a table of its artifact is refused as an error, never followed."""
    artifact = wandb.Artifact("data", "dataset")
    with artifact.new_file("a.joined-table.json") as file:
        json.dump({"_type": "joined-table", "join_key": "x", "table1": path, "table2": path}, file)
    run = start(project="p")
    run.log_artifact(artifact)
    with pytest.raises(ArtifactError, match="cannot be read"):
        run.use_artifact("data:v0").get("a")
