"""Disabled mode swallows the whole API; a real run says of what is not built yet that it isn't."""

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
    """Media, artifacts, files and calls nobody knows are swallowed; config and summary work; nothing is written."""
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
    with run.log_artifact("a") as artifact:  # type: ignore[attr-defined]  # not built: known at run time only
        artifact.add_file("x").wait()
    run.log({"loss": 2})
    run.mark_preempting()
    assert len(run.history()) == 0
    assert (run.config.lr, run.summary["loss"]) == (0.1, 2)
    run.finish()
    assert list(tmp_path.iterdir()) == []
    assert Registry().all() == []


@pytest.mark.parametrize("name", sorted(CALLS | TYPES))
def test_what_is_not_built_says_so(start: Start, name: str) -> None:
    """On a real run, and without one, the documented names exist, and a call of theirs names itself in a UsageError."""
    with pytest.raises(wandb.UsageError, match=name):
        getattr(wandb, name)("anything")
    run = start()
    with pytest.raises(wandb.UsageError, match=name):
        getattr(wandb, name)("anything")
    if name in CALLS:
        with pytest.raises(wandb.UsageError, match=name):
            getattr(run, name)("anything")
    assert not hasattr(run, "misspelled")
