"""A run from `init()` to `finish()`: its state in memory and the content of its file."""

from __future__ import annotations

import gc
import json
import math
import signal
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import wandb_nb as wandb
from wandb_nb.store.format import decode
from wandb_nb.store.format.record_types import HistoryRecord, MetricRecord, RunRecord, SummaryRecord, TelemetryRecord
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.registry import Registry
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]


def stored(run: wandb.Run) -> list[Any]:
    """Return all records of the run's file."""
    assert run.file is not None
    tail = Tail(run.file)
    tail.finalize()
    entries = []
    while payloads := tail.read():
        entries += [decode.decode(payload) for payload in payloads]
    assert not tail.damage
    return entries


def rows(run: wandb.Run) -> list[dict[str, Any]]:
    """Return the stored rows as flat dicts."""
    return [
        {".".join(path): value for path, value in row.items} for row in stored(run) if isinstance(row, HistoryRecord)
    ]


def users(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the user logged in a row."""
    return {key: value for key, value in row.items() if not key.startswith("_")}


def test_rows_are_stored_when_log_returns(start: Start) -> None:
    """Each row can be read from the file right after its `log()`, with step, time and values."""
    run = start()
    for number in range(5):
        run.log({"loss": number / 2, "deep": {"a": number}})
        row = rows(run)[-1]
        assert users(row) == {"loss": number / 2, "deep.a": number}
        assert row["_step"] == number
        assert row["_timestamp"] == pytest.approx(run.start_time, abs=60)
    assert run.step == 5


def test_run_is_the_active_one(start: Start) -> None:
    """`init()` returns `wandb.run`, and the module-level functions use it until it ends."""
    assert wandb.run is None
    run = start(config={"lr": 0.1}, project="p", name="n", tags="one", group="g", job_type="train", notes="text")
    assert wandb.run is run
    wandb.log({"a": 1})
    wandb.summary["best"] = 2
    assert (wandb.config.lr, wandb.summary["a"], run.summary.best) == (0.1, 1, 2)
    assert (run.project, run.name, run.tags, run.group, run.job_type, run.notes) == (
        "p", "n", ("one",), "g", "train", "text",
    )  # fmt: skip
    assert len(run.id) == 8
    wandb.finish()
    assert wandb.run is None
    wandb.finish()


@pytest.mark.parametrize(
    "call",
    [
        lambda: wandb.log({"a": 1}),
        lambda: wandb.config.lr,
        lambda: wandb.config["lr"],
        lambda: wandb.summary["a"],
        lambda: wandb.define_metric("a"),
    ],
)
def test_calls_without_a_run_say_what_to_do(call: Callable[[], object]) -> None:
    """Before `init()` each module-level function raises an error that names `init()`."""
    with pytest.raises(wandb.NoRunError, match=r"call init\(\)"):
        call()


def test_a_config_taken_before_init_follows_the_run(start: Start) -> None:
    """`from wandb_nb import config` before `init()` works after it."""
    config = wandb.config
    start(config={"lr": 0.1})
    assert config["lr"] == 0.1
    config.epochs = 3
    assert wandb.config.epochs == 3
    assert "lr" in config


def test_an_unknown_argument_names_the_nearest() -> None:
    """A misspelled argument is a TypeError with a suggestion, and starts nothing."""
    with pytest.raises(TypeError, match="did you mean 'project'"):
        wandb.init(projct="p")
    assert wandb.run is None


def test_steps_and_parts(start: Start) -> None:
    """An explicit step stays open until the next row without a step completes it; `commit=False` leaves one open."""
    run = start()
    run.log({"a": 1}, step=5)
    assert run.step == 5
    run.log({"b": 2})
    assert run.step == 6
    run.log({"c": 3}, commit=False)
    run.log({"d": 4})
    run.log({"e": 5}, step=9, commit=True)
    run.log({"f": 6})
    assert [(row["_step"], *users(row)) for row in rows(run)] == [
        (5, "a", "b"), (6, "c", "d"), (9, "e"), (10, "f"),
    ]  # fmt: skip


def test_a_step_behind_opens_an_attempt(start: Start) -> None:
    """Logging steps 0 to 22 and then 0 to 4 again stores 28 rows, the later ones marked as the next attempt."""
    run = start()
    for step in (*range(23), *range(5)):
        run.log({"a": step}, step=step)
    steps_and_attempts = [(row["_step"], row.get("_attempt", 0)) for row in rows(run)]
    assert steps_and_attempts == [*((step, 0) for step in range(23)), *((step, 1) for step in range(5))]


@pytest.mark.parametrize(
    ("row", "options", "error", "words"),
    [
        ([1], {}, wandb.RowTypeError, "list"),
        ({1: 2}, {}, wandb.RowTypeError, "int"),
        ({"a": 1, None: 2}, {}, wandb.RowTypeError, "NoneType"),
        ({"a": 1}, {"step": -1}, wandb.RowError, "-1"),
        ({"a": 1}, {"step": 1.5}, wandb.RowError, "1.5"),
        ({"a": 1}, {"step": "1"}, wandb.RowTypeError, "str"),
        ({"a": 1}, {"step": 2**64}, wandb.RowError, "63"),
    ],
)
def test_a_wrong_call_is_refused_and_the_run_continues(
    start: Start, row: Any, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    """A wrong call of `log()` raises an error that names the mistake, changes nothing, and the next row is stored."""
    run = start()
    run.define_metric("z", summary="max")
    with pytest.raises(error, match=words):
        run.log(row, **options)
    assert run.step == 0
    run.log({"fine": 1}, step=np.int64(3))
    assert [users(row) for row in rows(run)] == [{"fine": 1}]
    assert run.summary.as_dict().keys() - {"fine"} == {"_runtime", "_wandb", "_step", "_timestamp"}


def test_finishing_ends_the_run(start: Start) -> None:
    """After `finish()` the exit record is the last one, `log()` raises, and finishing again changes nothing."""
    run = start(project="p")
    run.log({"a": 1})
    run.finish(3)
    records = stored(run)
    assert records[-1].code == 3
    run.finish(0)
    assert stored(run) == records
    assert (run.state, run.exit_code) == ("failed", 3)
    with pytest.raises(wandb.RunFinishedError, match="init"):
        run.log({"a": 2})
    with pytest.raises(wandb.RunFinishedError):
        run.summary["a"] = 2
    with pytest.raises(wandb.RunFinishedError):
        run.name = "late"
    (entry,) = Registry().find(run.id)
    assert (entry.state, entry.exit_code, entry.summary["a"]) == ("failed", 3, 1)


def test_files_beside_the_data(start: Start) -> None:
    """After `finish()` the four files hold config, summary, environment and packages, offline too."""
    run = start(config={"lr": 0.1, "net": {"width": 3}})
    run.define_metric("loss", step_metric="epoch", summary="min")
    run.log({"loss": 2.0, "epoch": 1, "bad": math.nan})
    run.finish()
    assert run.directory is not None
    files = run.directory / "files"
    config = yaml.safe_load((files / "config.yaml").read_text("utf-8"))
    assert (config["lr"], config["net"]) == ({"value": 0.1}, {"value": {"width": 3}})
    own = config["_wandb"]["value"]
    assert own["m"] == [{"1": "epoch", "6": [], "7": []}, {"1": "loss", "5": 1, "6": [1, 3], "7": [1]}]
    assert {2, 4, 7, 16, 63} <= set(own["t"]["3"])
    summary = json.loads((files / "wandb-summary.json").read_text("utf-8"))
    assert summary["loss"] == {"min": 2.0}
    assert math.isnan(summary["bad"])
    metadata = json.loads((files / "wandb-metadata.json").read_text("utf-8"))
    assert own["e"] == {metadata["writerId"]: metadata}
    assert metadata["startedAt"].endswith("Z")
    assert any(line.startswith("numpy==") for line in (files / "requirements.txt").read_text("utf-8").splitlines())
    assert (run.directory.parent / "latest-run").resolve() == run.directory.resolve()
    assert {type(record) for record in stored(run)} >= {TelemetryRecord, RunRecord, MetricRecord, SummaryRecord}


def test_name_notes_and_tags_can_change(start: Start) -> None:
    """Assigned names, notes and tags are in the newest run record and the registry immediately."""
    run = start()
    assert run.name.rsplit("-", 1)[1].isdigit()
    run.name = run.id
    run.save()
    run.notes, run.tags = "later", "single"
    newest = [record for record in stored(run) if isinstance(record, RunRecord)][-1]
    assert (newest.name, newest.notes, tuple(newest.tags)) == (run.id, "later", ("single",))
    assert Registry().find(run.id)[0].name == run.id


def test_names_count_the_runs_of_a_project(start: Start) -> None:
    """The number at the end of a name counts the runs of its project on this machine."""
    numbers = []
    for project in ("a", "a", "b", "a"):
        with start(project=project) as run:
            numbers.append(run.name.rsplit("-", 1)[1])
    assert numbers == ["1", "2", "1", "3"]


def test_with_block_fails_the_run_and_lets_the_error_through(start: Start) -> None:
    """An exception in a `with` block ends the run with exit code 1 and reaches the caller."""
    with pytest.raises(ZeroDivisionError), start() as run:
        1 / 0  # noqa: B018
    assert run.exit_code == 1
    with start() as run:
        pass
    assert run.exit_code == 0


def test_threads_may_log_concurrently(start: Start) -> None:
    """Rows of eight threads are all stored, each at its own step."""
    run = start()

    def work(name: str) -> None:
        for number in range(200):
            run.log({name: number})

    threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row["_step"] for row in rows(run)) == list(range(1600))
    assert run.step == 1600


def test_signal_handlers_and_destructors_may_log(start: Start) -> None:
    """Rows logged by a handler that interrupts `log()`, and by destructors that the collector runs, are all stored."""
    run = start()
    handled = 0

    def handler(*_: object) -> None:
        nonlocal handled
        handled += 1
        run.log({"handled": handled})

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            run.log({"deleted": 1})

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for number in range(3000):
            run.log({"a": number, "cycle": str(Cycle())})
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    gc.collect()
    stored_rows = rows(run)
    assert sum("a" in row for row in stored_rows) == 3000
    assert sum("deleted" in row for row in stored_rows) == 3000
    assert sorted(row["handled"] for row in stored_rows if "handled" in row) == list(range(1, handled + 1))
    assert sorted(row["_step"] for row in stored_rows) == list(range(6000 + handled))


def test_a_stop_file_interrupts_the_loop(start: Start) -> None:
    """The control file makes `log()` raise KeyboardInterrupt once; the run continues afterwards."""
    run = start()
    run.log({"a": 0})
    assert run.directory is not None
    (run.directory / "control").mkdir()
    (run.directory / "control" / "stop").touch()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 -- the loop is what is interrupted
        for number in range(10_000_000):
            run.log({"a": number})
    before = len(rows(run))
    run.log({"a": -1})
    assert len(rows(run)) == before + 1


def test_the_callback_for_the_next_row_comes_once(start: Start) -> None:
    """The callback is called after exactly one stored row, its errors stay inside, and rows carry their cell."""
    run = start()
    calls: list[int] = []

    def callback() -> None:
        calls.append(run.step)
        raise RuntimeError("in a display")

    run.log({"a": 1})
    session_of(run).call_after_next_row(callback)
    session_of(run).set_cell(7)
    run.log({"a": 2})
    run.log({"a": 3})
    assert calls == [2]
    assert [row.get("_cell") for row in rows(run)] == [None, 7, 7]


def test_history_and_read_give_a_frame(start: Start) -> None:
    """`run.history()` and `read()` by path, id, name and "latest" give the same rows."""
    with start(name="frame-me") as run:
        for number in range(3):
            run.log({"loss": 1.0 - number})
        assert list(run.history()["loss"]) == [1.0, 0.0, -1.0]
    assert run.directory is not None
    for ref in (run.directory, run.id, "frame-me", "latest"):
        assert list(wandb.read(ref)["loss"]) == [1.0, 0.0, -1.0]


def test_a_full_registry_costs_only_the_listing(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """If the registry cannot be written, the run is still stored."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is needed")
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(blocked))
    run = start()
    run.log({"a": 1})
    assert session_of(run).entry is None
    assert len(rows(run)) == 1


TEXTS = st.text(max_size=7)  # shorter than secrets, which keys such as PASSCODE would make of longer ones
VALUES = st.one_of(st.floats(), st.integers(-(2**60), 2**60), st.booleans(), st.none(), TEXTS, st.floats(width=32))
ROWS = st.lists(
    st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda key: not key.startswith("_")), VALUES, max_size=4),
    max_size=8,
)


@given(logged=ROWS)
def test_any_rows_come_back(logged: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    """All logged rows are read back from the file, and the summary holds each key's last value."""
    folder = tmp_path_factory.mktemp("any")
    with wandb.init(dir=folder, mode="offline", settings={"silent": True, "x_save_requirements": False}) as run:
        for row in logged:
            run.log(row)
        summary = run.summary.as_dict()
    expected = [users(row) for row in logged]
    assert str([users(row) for row in rows(run)]) == str(expected)
    last: dict[str, Any] = {}
    for row in logged:
        last |= row
    assert {key: str(value) for key, value in summary.items() if key in last} == {k: str(v) for k, v in last.items()}
