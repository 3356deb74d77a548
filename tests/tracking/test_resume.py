"""Continuing a run of this machine."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.store.runs.frame import load
from wandb_nb.store.runs.registry import Registry
from wandb_nb.tracking.online import server_lookup
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., wandb.Run]
    Script = Callable[..., subprocess.CompletedProcess[str]]


def test_a_resumed_run_continues_where_it_stopped(start: Start) -> None:
    """Step, config, summary, name and metric definitions are there immediately; readers see one run."""
    with start(id="again", config={"lr": 0.1}, name="first", tags=["a"], project="p") as run:
        run.define_metric("loss", summary="min")
        for number in range(5):
            run.log({"loss": 5 - number, "acc": number})
    directory = run.directory
    second = start(id="again", resume="allow", config={"epochs": 3})
    assert (second.resumed, second.step, second.starting_step) == (True, 5, 5)
    assert (second.name, second.tags, second.project) == ("first", ("a",), "p")
    assert second.config.as_dict() == {"lr": 0.1, "epochs": 3}
    assert second.summary["acc"] == 4
    assert second.directory != directory
    second.log({"loss": 7, "acc": 5})
    assert second.summary["loss"]["min"] == 1
    second.finish()
    frame = wandb.read("again")
    assert list(frame["_step"]) == list(range(6))
    assert list(frame["acc"]) == list(range(6))
    assert second.step == 6


def test_what_resume_does_not_allow(start: Start) -> None:
    """Resume refuses an unknown id with "must", a known one with "never", and a run that is still written."""
    with pytest.raises(wandb.UsageError, match="must"):
        start(id="unknown", resume="must")
    first = start(id="known", resume="never")
    with pytest.raises(wandb.UsageError, match="running process"):
        start(id="known", resume="allow", reinit="create_new")
    first.finish()
    with pytest.raises(wandb.UsageError, match="never"):
        start(id="known", resume="never")
    with start(id="known", resume="must") as run:
        assert run.resumed
    with start(id="new", resume="allow") as run:
        assert not run.resumed


def test_auto_continues_an_unsuccessful_run(script: Script) -> None:
    """A killed script started again with resume="auto" continues its run; after success it starts a new one."""
    source = "import os\nrun = wandb.init(resume='auto')\nprint(run.id, run.step)\nrun.log({'a': 1})\n"
    first = script(source + "os.kill(os.getpid(), 9)").stdout.split()
    second = script(source).stdout.split()
    third = script(source).stdout.split()
    assert second == [first[0], "1"]
    assert third[0] != first[0]
    assert third[1] == "0"


def test_the_last_lines_show_the_whole_run(script: Script) -> None:
    """The curves at the end of a resumed run begin with its first part; a rewound run omits the cut rows."""
    source = "run = wandb.init(id='a', {})\nfor i in range({}, {}): run.log({{'loss': i}})"
    script(source.format("", 100, 105))
    assert "100 → 109" in script(source.format("resume='must'", 105, 110)).stderr
    rewound = script(source.format("resume_from='a?_step=2'", 203, 205)).stderr
    assert "100 → 204" in rewound
    assert "109" not in rewound


def test_the_same_id_without_resume_begins_anew(start: Start) -> None:
    """Without `resume` the rows of an earlier run with that id no longer count."""
    for number in range(2):
        with start(id="same") as run:
            run.log({"a": number})
    assert list(wandb.read("same")["a"]) == [1]
    assert len(Registry().find("same")) == 2


def test_a_mean_includes_the_earlier_part(start: Start) -> None:
    """A mean, and the other kinds, count the rows of the earlier part as if there had been one run."""
    parts: list[tuple[list[float], float]] = [([1, 2, 3], 2), ([10], 4), ([math.nan, 4], 4)]
    for values, mean in parts:
        with start(id="mean", resume="allow") as run:
            run.define_metric("loss", summary="mean,min,max,first,last")
            for value in values:
                run.log({"loss": value})
            assert run.summary["loss"]["mean"] == mean
    assert run.summary["loss"] == {"mean": 4, "min": 1, "max": 10, "first": 1, "last": 4}
    assert load("mean").summary["loss"] == run.summary["loss"]


def test_an_id_in_use_is_refused(start: Start) -> None:
    """While a process writes a run, every use of its id is refused; in another project the id is another run."""
    start(id="busy", project="p")
    for options in ({}, {"resume": "must"}, {"resume": "auto"}, {"resume_from": "busy?_step=0"}):
        with pytest.raises(wandb.UsageError, match=r"busy.*running process"):
            start(**{"id": "busy", "project": "p", "reinit": "create_new", **options})
    with start(id="busy", project="q", reinit="create_new") as other:
        assert not other.resumed
    assert len(Registry().find("busy")) == 2


STARTED_TOGETHER = """
import os, sys, time
lines = []
while time.time() < {at}: pass
try:
    run = wandb.init(id="same", project="p", **{options})
except wandb.UsageError as error:
    print("refused" if "same" in str(error) else error)
else:
    for n in range(20): run.log({{"n": n, "pid": os.getpid()}})
    time.sleep(1.5)
    print(os.getpid())
"""


@pytest.mark.parametrize("options", [{}, {"resume": "allow"}])
def test_only_one_concurrent_process_gets_an_id(
    tmp_path: Path, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four processes call `init()` with one id concurrently: one logs all its rows, the others are refused."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    source = "import wandb_nb as wandb\n" + STARTED_TOGETHER.format(at=time.time() + 2, options=options)
    command = [sys.executable, "-c", source]
    processes = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert answers[1:] == ["refused"] * 3
    assert len(Registry().find("same")) == 1
    frame = wandb.read("same")
    assert (frame["n"].tolist(), set(frame["pid"])) == (list(range(20)), {int(answers[0])})


def test_the_end_of_a_resumed_run_is_when_it_ended(start: Start) -> None:
    """The registry has the real end of each part, although the runtime of a resumed run includes the earlier parts."""
    with start(id="long") as run:
        run.log({"a": 1})
        time.sleep(1)
    for _ in range(2):
        with start(id="long", resume="must") as run:
            run.log({"a": 2})
        entry = Registry().latest()
        assert entry is not None
        assert entry.ended == pytest.approx(time.time(), abs=0.5)
        assert load("long").runtime > 1


def test_a_deleted_id_is_refused(start: Start) -> None:
    """A deleted id is never reused in its project, and is free in others."""
    with start(id="gone", project="p") as run:
        run.log({"a": 1})
    (entry,) = Registry().find("gone")
    Registry().forget(entry, deleted=True)
    for resume in (None, "allow", "must"):
        with pytest.raises(wandb.UsageError, match="deleted"):
            start(id="gone", project="p", resume=resume)
    start(id="gone", project="q")


def test_replaced_rows_stay_out_after_a_resume(start: Start, script: Script) -> None:
    """Rows replaced by a run without `resume` do not count for a later resume, in `ls`, or in the files' data."""
    for options, value in (({}, 1), ({}, 2), ({"resume": "must"}, 3)):
        with start(id="twice", **options) as run:
            run.log({"a": value})
    assert list(wandb.read("twice")["a"]) == [2, 3]
    assert [entry.state for entry in Registry().find("twice")] == ["finished", "continued", "replaced"]
    listing = script("import subprocess, sys; subprocess.run([sys.executable, '-m', 'wandb_nb', 'ls'])").stdout
    assert listing.count("twice") == 1


def test_the_resume_file_names_the_unsuccessful_run(script: Script, tmp_path: Path) -> None:
    """With "auto" the file exists while the run is active and after a failure, and is gone after a successful end."""
    file = tmp_path / "wandb" / "wandb-resume.json"
    source = "run = wandb.init(resume='auto', settings={'silent': True})\nprint(run.id)\n"
    failed = script(source + "1 / 0").stdout.strip()
    assert json.loads(file.read_text("utf-8")) == {"run_id": failed}
    script("wandb.init(settings={'silent': True})")  # A successful run in between does not replace it.
    assert script(source).stdout.strip() == failed
    assert not file.exists()


def test_variables_resume_too(script: Script) -> None:
    """WANDB_RUN_ID and WANDB_RESUME act like the arguments, and a bare id as `resume` continues that run."""
    source = "run = wandb.init({}settings={{'silent': True}})\nprint(run.id, run.step)\nrun.log({{'a': 1}})\n"
    assert script(source.format(""), WANDB_RUN_ID="named").stdout.split() == ["named", "0"]
    assert script(source.format(""), WANDB_RUN_ID="named", WANDB_RESUME="must").stdout.split() == ["named", "1"]
    assert script(source.format("resume='named', ")).stdout.split() == ["named", "2"]
    refused = script(source.format(""), WANDB_RUN_ID="named", WANDB_RESUME="never")
    assert "UsageError: resume='never'" in refused.stderr


def test_auto_leaves_an_active_run_alone(start: Start) -> None:
    """An active run has not crashed, so "auto" starts another run beside it."""
    first = start()
    second = start(resume="auto", reinit="create_new")
    assert (second.id != first.id, second.step) == (True, 0)


def test_must_never_returns_another_active_run(start: Start) -> None:
    """A script that asks for one run while another is active does not get the active one."""
    start(id="one").finish()
    start(id="two")
    with pytest.raises(wandb.UsageError, match="while run"):
        start(id="one", resume="must")


@pytest.fixture
def parent(start: Start) -> wandb.Run:
    """Return a finished run of ten steps with a mean, a config and a value set by hand at step 4 and at the end."""
    with start(id="parent", project="p", config={"lr": 0.1}, name="first") as run:
        run.define_metric("loss", summary="mean,max")
        for step in range(10):
            run.log({"loss": step, "acc": step})
            if step == 4:
                run.summary["note"] = "early"
        run.summary["note"] = "late"
    return run


def _steps_seen(run: wandb.Run) -> list[list[float]]:
    """Return the steps of "loss" as the frame, a fresh view and the live frame have them."""
    stream = RunStream(str(run.directory))
    while stream.advance():
        pass
    message = stream.message()
    header, blob = message.header, message.blob
    (series,) = (each for each in header["series"] if each["key"] == "loss")
    start, count = series["columns"]["step"]
    steps = [float(step) for step in np.frombuffer(blob, "<f8")[start : start + count]]
    return [wandb.read(run.id)["_step"].tolist(), steps, run.history()["_step"].tolist()]


def test_resume_from_rewinds(start: Start, parent: wandb.Run) -> None:
    """Steps after the named one no longer count in frame, view, summary and the next resume."""
    run = start(resume_from="parent?_step=5")
    assert (run.id, run.name, run.step, run.resumed, run.project) == ("parent", "first", 6, True, "p")
    assert run.config["lr"] == 0.1
    assert (run.summary["acc"], run.summary["loss"], run.summary["note"]) == (5, {"mean": 2.5, "max": 5}, "early")
    run.log({"loss": 100, "acc": 100})
    run.finish()
    assert _steps_seen(run) == [list(range(7))] * 3
    assert run.summary["loss"] == load("parent").summary["loss"] == {"mean": 115 / 7, "max": 100}
    with start(id="parent", resume="must") as again:
        assert again.step == 7
        again.log({"loss": 0, "acc": 0})
    assert _steps_seen(again) == [list(range(8))] * 3
    assert parent.directory is not None
    assert len(wandb.read(parent.directory)) == 10


def test_fork_from_branches(start: Start, parent: wandb.Run) -> None:
    """A fork has its own name and id and its parent's rows up to the step, and leaves the parent alone."""
    run = start(fork_from="parent?_step=3", name="branch", config={"depth": 2})
    assert (run.id != parent.id, run.step, run.resumed, run.config.as_dict()) == (
        True,
        4,
        False,
        {"lr": 0.1, "depth": 2},
    )
    run.log({"loss": 50, "acc": 0})
    run.finish()
    assert _steps_seen(run) == [list(range(5))] * 3
    state = load(run.id)
    assert (state.name, state.id, state.exit_code) == ("branch", run.id, 0)
    assert state.summary["loss"] == {"mean": 11.2, "max": 50}
    assert list(wandb.read("parent")["_step"]) == list(range(10))
    with start(fork_from=f"{run.id}?_step=2") as second:
        second.log({"loss": 1})
    assert _steps_seen(second) == [list(range(4))] * 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"resume_from": "parent?_step=10"}, "end at 9"),
        ({"fork_from": "parent?_step=10"}, "end at 9"),
        ({"fork_from": "nobody?_step=1"}, "does not exist"),
        ({"resume_from": "parent"}, "_step"),
        ({"resume_from": "parent?_step=1", "resume": "allow"}, "give only one"),
        ({"resume_from": "parent?_step=1", "id": "other"}, "give one of them"),
        ({"fork_from": "parent?_step=1", "id": "parent"}, "another id"),
    ],
)
def test_missing_steps_and_runs_are_refused(
    start: Start, parent: wandb.Run, arguments: dict[str, str], words: str
) -> None:
    """A missing step or run, or a wrong form, is refused by name, and nothing starts."""
    with pytest.raises(wandb.UsageError, match=words):
        start(**arguments)
    assert wandb.run is None
    assert [entry.path for entry in Registry().all()] == [str(parent.directory)]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "3", "[3]", '["[[["]', "nonsense", None, 7])
def test_odd_answers_of_a_server_are_empty(text: object) -> None:
    """What a server sends as the last row of a run may be anything; what cannot be read counts as nothing."""
    assert server_lookup._tail(text) == {}
    assert server_lookup._object(text) == {}
    assert server_lookup._number(10**400, 1.5) == 1.5
