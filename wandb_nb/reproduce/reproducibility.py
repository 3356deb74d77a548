"""All remarks on a run: those that follow from what it recorded, and from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.reproduce.code_remarks import code_remarks
from wandb_nb.reproduce.environment_remarks import package_remarks
from wandb_nb.reproduce.remark import Reproducibility

if TYPE_CHECKING:
    from wandb_nb.reproduce.captured_run import CapturedRun


def reproducibility(captured: CapturedRun, *, uses_artifacts: bool = True) -> Reproducibility:
    """Return what would keep a repetition of the run from being the same, as far as it can be seen without running it.

    The store of artifacts is not asked for a run that is known not to use any.
    """
    remarks = [*code_remarks(captured), *package_remarks(captured)]
    if uses_artifacts:
        from wandb_nb.reproduce.input_artifacts import InputArtifacts  # many runs use none

        remarks += InputArtifacts(captured).remarks()
    return Reproducibility(tuple(remarks))
