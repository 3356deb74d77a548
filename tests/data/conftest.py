"""Runs that log media, and the same programs run with the official package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from logged_run import LoggedRun, execute, read_run

if TYPE_CHECKING:
    from collections.abc import Callable

    import wandb_nb as wandb


@pytest.fixture
def both(tmp_path: Path) -> Callable[[str], tuple[LoggedRun, LoggedRun]]:
    """Return a function that runs a program with this package and with the official one."""
    if find_spec("wandb") is None:
        pytest.skip("the official package is not installed: pip install wandb==0.31.0 compares with it")

    def run(source: str) -> tuple[LoggedRun, LoggedRun]:
        return execute(source, tmp_path / "ours", "wandb_nb"), execute(source, tmp_path / "official", "wandb")

    return run


@pytest.fixture
def logged(start: Callable[..., wandb.Run]) -> Callable[..., LoggedRun]:
    """Return a function that logs rows in a run of their own and reads the run back."""

    def log(*rows: dict[str, Any], summary: dict[str, Any] | None = None) -> LoggedRun:
        run = start()
        for row in rows:
            run.log(row)
        run.summary.update(summary or {})
        run.finish()
        return read_run(Path(run.file).parent)

    return log
