"""The earlier runs of a notebook: which ones they are, and that a page gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import wandb_nb as wandb
from wandb_nb.compare import run_choice
from wandb_nb.store.runs.registry import Registry
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.store.runs.registry import RunEntry


def track(folder: Path, name: str, rows: int = 3, **options: Any) -> RunEntry:
    """Make a finished run, and return its entry."""
    settings = {"silent": True, **options.pop("settings", {})}
    with wandb.init(dir=folder, name=name, mode="offline", settings=settings, **options) as run:
        for step in range(rows):
            run.log({"loss": step})
    assert session_of(run).entry is not None
    return Registry().find(run.id)[0]


def test_the_runs_of_one_notebook(tmp_path: Path) -> None:
    """Earlier runs with the notebook's path are found, newest first, at most five; others and later ones are not."""
    for at in range(7):
        track(tmp_path, f"mine-{at}", settings={"notebook_name": "a.ipynb"})
    track(tmp_path, "other", settings={"notebook_name": "b.ipynb"})
    track(tmp_path, "script")
    live = track(tmp_path, "live", settings={"notebook_name": "a.ipynb"})
    track(tmp_path, "later", settings={"notebook_name": "a.ipynb"})

    assert [entry.name for entry in run_choice.earlier_runs(live)] == [f"mine-{at}" for at in (6, 5, 4, 3, 2)]


def test_the_kernel_stands_for_an_unknown_notebook(tmp_path: Path) -> None:
    """If the notebook's path is unknown, the kernel's id connects runs; a script has no earlier runs."""
    registry = Registry()
    first, second = (registry.update(track(tmp_path, name), kernel="k") for name in ("one", "two"))
    script = track(tmp_path, "script")

    assert [entry.name for entry in run_choice.earlier_runs(second)] == ["one"]
    assert run_choice.earlier_runs(first) == []
    assert run_choice.earlier_runs(script) == []


def test_attempts_and_deleted_runs_do_not_count(tmp_path: Path) -> None:
    """A replaced run, the run's own earlier part, and a deleted directory are not background runs."""
    options: dict[str, Any] = {"settings": {"notebook_name": "a.ipynb"}}
    track(tmp_path, "valid", **options)
    track(tmp_path, "replaced", id="x", **options)
    track(tmp_path, "newer", id="x", **options)
    track(tmp_path, "gone", **options)
    gone = Registry().find_name("gone")[0].path
    live = track(tmp_path, "live", id="own", **options)
    live = track(tmp_path, "live", id="own", resume="allow", **options)
    tmp_path.joinpath("wandb", gone.rsplit("/", 1)[1]).rename(tmp_path / "elsewhere")

    assert [entry.name for entry in run_choice.earlier_runs(live)] == ["newer", "valid"]


def test_ghosts_are_thinned_out(tmp_path: Path) -> None:
    """The message has each run's label and thinned curves."""
    options: dict[str, Any] = {"settings": {"notebook_name": "a.ipynb"}}
    track(tmp_path, "long", rows=20_000, **options)
    track(tmp_path, "short", **options)
    background_runs = run_choice.background_runs(track(tmp_path, "live", **options))

    assert background_runs.header["labels"] == ["short", "long"]
    assert background_runs.header["diff"] is None
    short, long = (message.series()[0] for message in background_runs.messages())
    assert short.value.tolist() == [0, 1, 2]
    assert (long.n, long.decimated, long.value[-1]) == (20_000, True, 19_999)
    assert len(long.value) < 9_000
