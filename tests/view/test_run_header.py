"""The header of a run: one function for all readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.reading.tail import Tail
from wandb_nb.tracking.live_header import live_header
from wandb_nb.view.message.run_header import describe
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = wandb.Settings(silent=True, x_disable_stats=True, console="off")
CASES: dict[str, tuple[list[dict[str, Any]], int]] = {
    "no rows": ([], 0),
    "counted": ([{}, {}, {}], 2),
    "given": ([{"step": 3}, {"step": 10}], 10),
    "open": ([{}, {"commit": False}], 1),
    "back": ([{"step": 10}, {"step": 4}], 4),
}


@pytest.mark.parametrize("name", CASES)
def test_the_step_is_that_of_the_last_row(tmp_path: Path, name: str) -> None:
    """An active run, a reader that follows its file and one that reads it whole agree on the header."""
    calls, step = CASES[name]
    with wandb.init(
        mode="offline", dir=tmp_path, project="p", name="n", tags=["a"], notes="x", group="g", settings=SETTINGS
    ) as run:
        for number, options in enumerate(calls):
            run.log({"loss": number}, **options)
        live = live_header(run)
        stream = RunStream(run.directory)
        while stream.advance():
            pass
        state = replayed([Tail(run.file)])
        headers = [live, stream.run_header(), describe(state, True, [])["run"]]
    assert [header["step"] for header in headers] == [step] * 3
    for header in headers:
        header["runtime"], header["startTime"] = 0.0, round(header["startTime"], 3)
    assert headers[1] == headers[2] == live
