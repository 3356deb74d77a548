"""`lay_out()`: a folder in which a run can be repeated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.reproduce.captured_run import REQUIREMENTS
from wandb_nb.reproduce.code_layout import CodeLayout
from wandb_nb.reproduce.code_remarks import code_remarks
from wandb_nb.reproduce.environment_remarks import machine_remarks
from wandb_nb.reproduce.input_artifacts import FOLDER, InputArtifacts
from wandb_nb.reproduce.instructions import README, RUN, readme, requirements_text, run_script
from wandb_nb.reproduce.remark import Reproducibility
from wandb_nb.reproduce.reproducibility import package_remarks
from wandb_nb.reproduce.tree_files import write_below
from wandb_nb.store.format.yaml_text import to_yaml

if TYPE_CHECKING:
    from wandb_nb.reproduce.captured_run import CapturedRun

CONFIG = "config.yaml"
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]+")
_MAX_NAME = 80


@dataclass(frozen=True)
class LaidOutRun:
    """The *folder* of a run that can be repeated, what may differ, and whether `run.sh` starts it."""

    folder: Path
    reproducibility: Reproducibility
    has_program: bool

    def lines(self) -> list[str]:
        """Return what to tell the user: where it is, the next step, and the remarks."""
        step = f"sh {self.folder / RUN}" if self.has_program else f"see {self.folder / README}"
        return [f"{self.folder} is ready: {step}", *str(self.reproducibility).splitlines()]


def lay_out(captured: CapturedRun, folder: Path | None = None, repository: Path | None = None) -> LaidOutRun:
    """Lay out *captured* in the new or empty *folder*, by default `reproduce-ID` here; nothing of it is executed.

    *repository* is a clone that has the commit of the run, where that is not in the run's own folder.

    Raises:
        UsageError: The folder is not empty.
        StoreError: It cannot be written.

    """
    folder = folder or Path(f"reproduce-{_FORBIDDEN.sub('_', captured.run.id)[:_MAX_NAME].lstrip('.')}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"the folder {folder} is not empty: name a new or an empty one")
        return _write(captured, folder.resolve(), repository)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"run {captured.run.id} cannot be laid out in {folder}: {error}") from error


def _write(captured: CapturedRun, folder: Path, repository: Path | None) -> LaidOutRun:
    code, inputs = CodeLayout(captured, folder, repository), InputArtifacts(captured)
    remarks = [*code_remarks(captured), *code.write(), *package_remarks(captured), *machine_remarks(captured)]
    (folder / FOLDER).mkdir()
    remarks += [*inputs.remarks(), *inputs.download(folder)]
    config = to_yaml({key: {"value": value} for key, value in captured.config.items()})
    texts = {REQUIREMENTS: requirements_text(captured), CONFIG: config}
    texts[README] = readme(captured, remarks, has_program=code.has_program)
    for name, text in texts.items():
        write_below(folder, PurePosixPath(name), text.encode("utf-8", "backslashreplace"))
    if code.has_program:
        script = run_script(captured, code.working_folder)
        write_below(folder, PurePosixPath(RUN), script.encode("utf-8", "surrogateescape"), 0o777)
    return LaidOutRun(folder, Reproducibility(tuple(remarks)), code.has_program)
