"""Continuing a run of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.store.registry import Registry

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]
    Script = Callable[..., subprocess.CompletedProcess[str]]


def test_a_resumed_run_goes_on_where_it_stopped(start: Start) -> None:
    """Step, config, summary, name and metric definitions are there at once; readers see one run."""
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
    """With "must" the id has to be known, with "never" unknown, and nobody may still be writing the run."""
    with pytest.raises(wandb.UsageError, match="must"):
        start(id="unknown", resume="must")
    first = start(id="known", resume="never")
    with pytest.raises(wandb.UsageError, match="living process"):
        start(id="known", resume="allow", reinit="create_new")
    first.finish()
    with pytest.raises(wandb.UsageError, match="never"):
        start(id="known", resume="never")
    with start(id="known", resume="must") as run:
        assert run.resumed
    with start(id="new", resume="allow") as run:
        assert not run.resumed


def test_auto_continues_what_did_not_end_well(script: Script) -> None:
    """A killed script started again with resume="auto" goes on; after a good end it starts a new run."""
    source = "import os\nrun = wandb.init(resume='auto')\nprint(run.id, run.step)\nrun.log({'a': 1})\n"
    first = script(source + "os.kill(os.getpid(), 9)").stdout.split()
    second = script(source).stdout.split()
    third = script(source).stdout.split()
    assert second == [first[0], "1"]
    assert third[0] != first[0]
    assert third[1] == "0"


def test_the_same_id_without_resume_begins_anew(start: Start) -> None:
    """Without `resume` the rows of an earlier run of that id no longer count."""
    for number in range(2):
        with start(id="same") as run:
            run.log({"a": number})
    assert list(wandb.read("same")["a"]) == [1]
    assert len(Registry().find("same")) == 2
