"""A step that is logged in parts: every part that returned is stored, and the run file gets the step as one row."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wandb_nb as wandb
from wandb_nb.store.format.decode import is_history
from wandb_nb.store.format.open_row import decode_parts, encode_part
from wandb_nb.store.reading.run_state import RunState
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.frame import load
from wandb_nb.store.runs.repair import fold_after_crash
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.crash, pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")]

LOGGER = """
import os, sys, wandb_nb
quiet = wandb_nb.Settings(silent=True, save_code=False, x_disable_stats=True, console="off")
run = wandb_nb.init(id="open", project="p", mode="offline", dir=sys.argv[1], settings=quiet)
os.write(1, f"{run.directory}\\n".encode())
for step in range(10**6):
    for part in range(3):
        run.log({f"part{part}": step, "last": part}, step=step)
        os.write(1, b"%d %d\\n" % (step, part))
"""


def killed(folder: Path, seconds: float, source: str = LOGGER) -> tuple[str, list[tuple[int, int]]]:
    """Run the logger and kill it; return the run directory and the parts whose `log` had returned."""
    process = subprocess.Popen([sys.executable, "-c", source, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    directory = process.stdout.readline().strip()
    time.sleep(seconds)
    process.kill()
    lines = process.communicate()[0].splitlines(keepends=True)
    returned = [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]
    return directory, [(step, part) for step, part in returned]


@pytest.mark.parametrize("seed", range(6))
def test_no_returned_part_is_missing_after_kill(tmp_path: Path, seed: int) -> None:
    """A run killed at random moments has every reported part, each step once and whole."""
    directory, returned = killed(tmp_path, random.Random(seed).uniform(0.01, 0.4))  # noqa: S311 -- no secret
    assert returned
    rows = load(directory).table
    stored = {
        (int(rows.step[row]), part)
        for part in range(3)
        if f"part{part}" in rows.numbers
        for row in rows.numbers[f"part{part}"].rows.tolist()
    }
    assert set(returned) <= stored
    assert len(stored) <= len(returned) + 1
    assert rows.step.tolist() == list(range(len(rows)))


def test_an_open_step_is_folded_before_rows_of_children(tmp_path: Path) -> None:
    """`verify --fold` puts the open step of a killed owner into the run file, then the rows of its child, once each."""
    source = LOGGER.split("for step", maxsplit=1)[0] + (
        "run.log({'a': 1})\nrun.log({'b': 2}, commit=False)\nrun.log({'c': 3}, commit=False)\n"
        "child = os.fork()\nif child == 0:\n    run.log({'child': 4}); os._exit(0)\n"
        "os.waitpid(child, 0)\nos.write(1, b'0 0\\n')\nimport time; time.sleep(60)\n"
    )
    directory, _ = killed(tmp_path, 1.0, source)
    before = load(directory)
    assert fold_after_crash(directory) > 1
    assert fold_after_crash(directory) == 0
    (file,) = type(tmp_path)(directory).glob("run-*.wandb")
    tail = Tail(file, with_open_row=False)
    rows = [payload for payload in tail.read() if is_history(payload)]
    assert len(rows) == 3
    after = load(directory)
    for key in ("a", "b", "c", "child"):
        assert after.table.last(key)[1] == before.table.last(key)[1]
    assert int(after.table.step[after.table.last("b")[0]]) == int(after.table.step[after.table.last("c")[0]]) == 1


VALUES = st.one_of(st.integers(0, 9), st.none())
ROWS = st.fixed_dictionaries(
    {}, optional={"a": VALUES, "b": VALUES, "c": st.dictionaries(st.sampled_from("xy"), VALUES, min_size=1)}
)
CALLS = st.lists(
    st.tuples(
        ROWS,
        st.one_of(st.none(), st.integers(0, 4)),
        st.sampled_from([None, True, False]),
        st.sampled_from(["", "", "summary", "config", "define"]),
    ),
    max_size=12,
)


def cells(state: RunState) -> list[dict[str, Any]]:
    """Return step, attempt and values of each row; NaN never occurs here."""
    table = state.table
    rows = [{"_step": step, "_attempt": attempt} for step, attempt in zip(table.step, table.attempt, strict=True)]
    for columns in (table.numbers, table.others):
        for key, column in columns.items():
            for row, value in zip(column.rows, column.values, strict=True):
                rows[int(row)][key] = value
    return rows


@given(CALLS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_readers_agree(tmp_path: Path, calls: list[tuple[dict[str, Any], int | None, bool | None, str]]) -> None:
    """A reader that follows the run, a new one after each call, and one of the run file alone see the same rows."""
    quiet = wandb.Settings(silent=True, save_code=False, x_disable_stats=True, console="off")
    run = wandb.init(project="p", mode="offline", dir=tmp_path, settings=quiet, reinit="create_new")
    assert run.file is not None
    tail, following = Tail(run.file), RunState()
    expected: list[dict[str, Any]] = []
    for row, step, commit, event in calls:
        at, attempt = run.step if step is None else step, session_of(run).logger.attempt
        attempt += at < run.step
        run.log(row, step=step, commit=commit)
        if not expected or (expected[-1]["_step"], expected[-1]["_attempt"]) != (at, attempt):
            expected.append({"_step": at, "_attempt": attempt})
        for key, value in row.items():
            expected[-1] |= (
                {f"{key}.{name}": each for name, each in value.items()} if type(value) is dict else {key: value}
            )
        if event == "summary":
            run.summary["s"] = at
        elif event == "config":
            run.config.update({"k": at}, allow_val_change=True)
        elif event == "define":
            run.define_metric("a", summary="max")
        while payloads := tail.read():
            following.apply(payloads)
        assert cells(following) == cells(load(str(run.file))) == expected
    summary = {key: value for key, value in run.summary.as_dict().items() if key in "abs"}
    run.finish()
    while payloads := tail.read():
        following.apply(payloads)
    alone = RunState()
    alone.apply(Tail(run.file, with_open_row=False).read())
    assert cells(following) == cells(alone) == expected
    assert {key: value for key, value in alone.summary.items() if key in "abs"} == summary
    assert not run.file.with_name(f"{run.file.name}.open").exists()


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.data())
def test_a_damaged_part_ends_the_open_step(parts: list[bytes], data: st.DataObject) -> None:
    """Whatever byte is wrong or missing, the parts before it are read and no false ones appear."""
    whole = b"".join(encode_part(part, 7, 3) for part in parts) + encode_part(b"earlier step", 5, 2)
    assert decode_parts(whole) == (7, 3, parts)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    for content in (bytes(damaged), whole[:at]):
        decoded_parts = decode_parts(content).parts
        assert decoded_parts == parts[: len(decoded_parts)]
