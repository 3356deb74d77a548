"""Disabled mode accepts the whole API; a real run reports calls that are not implemented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.store.runs.registry import Registry
from wandb_nb.tracking.unimplemented import CALLS, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., wandb.Run]


def test_a_disabled_run_takes_every_call(start: Start, tmp_path: Path) -> None:
    """Media, artifacts, files and unknown calls are accepted; config and summary work; nothing is written."""
    run = start(mode="disabled", config={"lr": 0.1})
    for name in sorted(CALLS):
        getattr(run, name)("anything", 1, named=True)
        getattr(wandb, name)("anything")
    for name in sorted(TYPES):
        run.log({"media": getattr(wandb, name)([1, 2], caption="c"), "loss": 1})
    run.save("model.h5", policy="now")
    wandb.save("model.h5")
    wandb.alert("title", "text", level="unknown")
    assert wandb.restore("model.h5") is None
    run.log_code("nowhere")
    run.define_metric("_bad", summary="nothing")
    run.log({"bad": object()}, step="no")  # type: ignore[arg-type]  # what a disabled run must take
    wandb.Artifact("no name!", type="job").add_file("nowhere")
    wandb.log_artifact("nowhere")
    run.log_model("nowhere")
    run.link_model("nowhere", "x")
    run.link_artifact("nowhere", "x").wait()  # type: ignore[arg-type]  # it takes every call
    run.upsert_artifact("nowhere").wait()
    run.finish_artifact("nowhere")
    assert not run.use_model("x:latest")
    assert not run.use_artifact("x:latest")
    with run.log_artifact("a") as artifact:  # type: ignore[attr-defined]  # at run time it takes every call
        artifact.add_file("x").wait()
    run.log({"loss": 2})
    run.mark_preempting()
    assert len(run.history()) == 0
    assert (run.config.lr, run.summary["loss"]) == (0.1, 2)
    run.finish()
    assert list(tmp_path.iterdir()) == []
    assert Registry().all() == []


@pytest.mark.parametrize("name", sorted(CALLS | TYPES))
def test_unimplemented_names_raise_usage_errors(start: Start, name: str) -> None:
    """Documented but unimplemented names exist, and calling one is a UsageError that names it."""
    with pytest.raises(wandb.UsageError, match=name):
        getattr(wandb, name)("anything")
    run = start()
    with pytest.raises(wandb.UsageError, match=name):
        getattr(wandb, name)("anything")
    assert not hasattr(run, "misspelled")
