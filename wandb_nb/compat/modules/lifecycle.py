"""`wandb.teardown`, `join`, `require` and `patched`: calls around the life of runs that few programs still make."""

from __future__ import annotations

from typing import Final

from wandb_nb._api import finish as join
from wandb_nb.errors import UnsupportedError
from wandb_nb.tracking import setup
from wandb_nb.tracking.process import active_runs

REQUIREMENTS: Final = frozenset({"attach", "core", "legacy-service", "nexus", "report-editing", "require", "service"})
"""What some version of wandb took in `require()`."""
patched: Final[dict[str, list[list[str]]]] = {"tensorboard": [], "keras": [], "gym": []}
"""What `import wandb` has replaced in other packages: nothing."""

__all__ = ["join", "patched", "require", "teardown"]


def teardown(exit_code: int | None = None) -> None:
    """Finish all runs of this process with *exit_code*, wait for what is sent, and forget `setup()`."""
    for run in reversed(active_runs.all_runs()):
        run.finish(exit_code)
    setup.setup(None)


def require(requirement: str | list[str] | None = None, experiment: str | list[str] | None = None) -> None:
    """Accept the name of something that versions of wandb offered on request (Lightning, lm-eval); it has no effect.

    Raises:
        UnsupportedError: No version of wandb had it.

    """
    names = requirement or experiment or []
    for name in [names] if isinstance(names, str) else names:
        word = name.partition(":")[0].replace("_", "-")  # "report-editing:v0"
        if word not in REQUIREMENTS:
            raise UnsupportedError(f"require({name!r}): no version of wandb has it ({', '.join(sorted(REQUIREMENTS))})")
