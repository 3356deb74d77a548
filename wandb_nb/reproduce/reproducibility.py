"""All remarks on a run: those that follow from what it recorded, and from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.reproduce.code_remarks import code_remarks
from wandb_nb.reproduce.remark import Remark, Reproducibility, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.reproduce.captured_run import CapturedRun


def reproducibility(captured: CapturedRun, *, uses_artifacts: bool = True) -> Reproducibility:
    """Return what would keep a repetition of the run from being the same, as far as it can be seen without running it.

    The store of artifacts is not asked for a run that is known not to use any.
    """
    remarks: list[Remark] = [*code_remarks(captured), *package_remarks(captured)]
    if uses_artifacts:
        from wandb_nb.reproduce.input_artifacts import InputArtifacts  # many runs use none

        remarks += InputArtifacts(captured).remarks()
    return Reproducibility(tuple(remarks))


def package_remarks(captured: CapturedRun) -> Iterator[Remark]:
    """Yield what is missing in the list of packages."""
    if not captured.packages:
        yield Remark("packages", "the installed packages were not recorded", "set x_save_requirements to true")
    elsewhere = [f"{name} from {address}" for name, address in captured.local_packages.items()]
    if elsewhere:
        plural = "s" * (len(elsewhere) > 1)
        text = f"{len(elsewhere)} package{plural} not from a package index ({listed(elsewhere)})"
        yield Remark("packages", text, "install them by hand, or publish them")
