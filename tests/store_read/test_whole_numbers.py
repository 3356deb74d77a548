"""Whole numbers that no float64 holds come back as they were, from every reader."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.store.reading.history_table import HistoryTable

if TYPE_CHECKING:
    from pathlib import Path

VALUES = [2**53 + 1, -(2**53) - 1, 2**62 + 1, 3, 2**63 - 1]


@pytest.fixture(params=[1, 20], ids=["few rows", "many rows"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> wandb.Run:
    """Give a finished run that logged ids; many rows take the fast path of the readers."""
    with wandb.init(dir=tmp_path, mode="offline", settings={"silent": True}) as run:
        for number, value in enumerate(VALUES * request.param):
            row = {
                "id": value,
                "mixed": value if number % 2 else "text",
                "huge": 2**70,
                "big": 1e300,
                "at": {"id": value},
            }
            run.log(
                row
                | ({"some": np.int64(value)} if number % 2 else {})
                | ({"odd": 0.5} if number == 1 else {"odd": value})
            )
    return run


def test_the_frame_has_them(run: wandb.Run) -> None:
    """`read()` gives int64 where every row has one, ints among other objects elsewhere; floats stay floats."""
    assert run.file is not None
    frame = wandb.read(run.file)
    values = VALUES * (len(frame) // len(VALUES))
    assert frame["id"].dtype == np.int64
    assert frame["id"].tolist() == frame["at.id"].tolist() == values
    assert frame["mixed"].tolist() == [value if number % 2 else "text" for number, value in enumerate(values)]
    assert frame["huge"].tolist() == [2**70] * len(values)
    assert frame["big"].dtype == np.float64
    assert frame["some"].dropna().tolist() == values[1::2]
    assert frame["odd"].tolist() == [values[0], 0.5, *values[2:]]
    assert frame.attrs["summary"]["id"] == run.summary["id"] == VALUES[-1]


def test_exports_have_them(run: wandb.Run) -> None:
    """CSV and JSON lines have the digits that were logged."""
    assert run.file is not None
    command = [sys.executable, "-m", "wandb_nb", "export", str(run.file), "--format"]
    texts = {
        form: subprocess.run([*command, form], capture_output=True, text=True, check=True, timeout=60).stdout
        for form in ("csv", "jsonl")
    }
    rows = [json.loads(line) for line in texts["jsonl"].splitlines()]
    values = VALUES * (len(rows) // len(VALUES))
    assert [row["id"] for row in rows] == values
    assert [int(row["id"]) for row in csv.DictReader(io.StringIO(texts["csv"]))] == values


def test_rows_of_a_server_have_them() -> None:
    """A table of parsed rows has them; a value logged again at the same step replaces the exact one."""
    table = HistoryTable()
    table.append_rows([{"_step": 0, "id": 2**53 + 1}, {"_step": 1, "id": 2**53 + 1}])
    table.append_rows([{"_step": 1, "id": 5}])
    assert table.numbers["id"].exact_values(0, 2) == [2**53 + 1, 5]
    assert table.last("id") == (1, 5)
