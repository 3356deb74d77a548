"""`CapturedRun`: what a run recorded of its code, environment and inputs. Its texts are those of the run's writer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.capture.code.requirements import LOCAL_PACKAGES
from wandb_nb.capture.code.source_files import FOLDER, MAX_BYTES
from wandb_nb.capture.code.work_tree_diff import NOT_SAVED
from wandb_nb.reproduce.tree_files import safe_path
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.format.layout import FILES, data_files, run_file
from wandb_nb.store.reading.executed_cells import FILE, Cell, CellLog
from wandb_nb.untrusted_file import read_file
from wandb_nb.untrusted_json import load_object

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

PATCH, REQUIREMENTS = "diff.patch", "requirements.txt"
MAX_TEXT_BYTES, MAX_NOTEBOOK_BYTES, MAX_SOURCES = 16 << 20, 64 << 20, 2_000
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NOTEBOOK = ".ipynb"


class RunNames(NamedTuple):
    """What a run is called."""

    id: str
    project: str
    entity: str = ""
    name: str = ""


@dataclass(eq=False, repr=False)  # what else a dataclass has takes milliseconds to make, at the end of a run
class CapturedRun:
    """A run and what it recorded; *directory* is its run directory.

    *continues* is whether it was resumed from an earlier one. *is_active* is whether it still runs.
    """

    directory: Path
    run: RunNames
    environment: Mapping[str, Any]
    config: Mapping[str, Any]
    remote: str = ""
    continues: bool = False
    is_active: bool = False

    # -- the program

    @property
    def commit(self) -> str:
        """The checked-out commit; empty outside a repository."""
        git = self.environment.get("git")
        commit = str(git.get("commit", "")) if isinstance(git, dict) else ""
        return commit if _COMMIT.fullmatch(commit) else ""

    @property
    def working_directory(self) -> Path:
        """The folder in which the run was started."""
        return Path(self.text("root") or "/")

    @property
    def program(self) -> str:
        """The path of the script or notebook, or `-m` and the name of a module."""
        return self.text("program")

    @property
    def script(self) -> PurePosixPath | None:
        """The path of the script in the tree of the code, which is the repository's or the working directory's."""
        return safe_path(self.text("codePath"))

    @property
    def arguments(self) -> list[str]:
        """The arguments of the program."""
        arguments = self.environment.get("args")
        return [str(argument) for argument in arguments] if isinstance(arguments, list) else []

    @property
    def is_notebook(self) -> bool:
        """Whether it was a notebook's run."""
        return bool(self.cells) or self.program.endswith(_NOTEBOOK)

    def text(self, name: str) -> str:
        """Return a text of the environment, empty where there is none."""
        value = self.environment.get(name)
        return value if isinstance(value, str) and "\0" not in value else ""

    # -- files

    def read(self, name: str, max_bytes: int = MAX_TEXT_BYTES) -> bytes:
        """Return the content of the file *name* of the run directory; empty if it is missing, too large or a link."""
        try:
            return read_file(self.directory / name, max_bytes, below=self.directory)
        except OSError:
            return b""

    @cached_property
    def patch(self) -> bytes:
        """The uncommitted changes."""
        return self.read(f"{FILES}/{PATCH}")

    @cached_property
    def packages(self) -> list[str]:
        """The lines of the list of packages."""
        return self.read(f"{FILES}/{REQUIREMENTS}").decode("utf-8", "replace").splitlines()

    @cached_property
    def local_packages(self) -> dict[str, str]:
        """Where the packages that no index has come from, by name."""
        addresses = load_object(self.read(LOCAL_PACKAGES)) or {}
        return {name: str(address) for name, address in addresses.items()}

    @cached_property
    def untracked(self) -> list[str]:
        """The files of the work tree that were not in the repository, folders with a slash at the end."""
        names = (load_object(self.read(NOT_SAVED)) or {}).get("untracked")
        return [str(name) for name in names] if isinstance(names, list) else []

    @cached_property
    def patch_error(self) -> str:
        """Why the uncommitted changes could not be saved; empty if they were."""
        return str((load_object(self.read(NOT_SAVED)) or {}).get("error", ""))

    @cached_property
    def sources(self) -> dict[PurePosixPath, bytes]:
        """The saved source files by their path, without the session's notebook."""
        folder = self.directory / FILES / FOLDER
        contents: dict[PurePosixPath, bytes] = {}
        for path in sorted(folder.rglob("*"))[:MAX_SOURCES]:
            relative = safe_path(path.relative_to(folder).as_posix())
            if relative is not None and f"{FOLDER}/{relative}" != HISTORY:
                content = self.read(path.relative_to(self.directory).as_posix(), MAX_BYTES)
                contents |= {relative: content} if content else {}
        return contents

    @cached_property
    def cells(self) -> list[Cell]:
        """The executed cells in the order of their execution, from the journal or else the session's notebook."""
        log = CellLog(self.directory / FILE)
        log.advance()
        return list(log.cells.values()) or self._saved_cells()

    def _saved_cells(self) -> list[Cell]:
        """Return the cells of the session's notebook, which a run has that was copied without its journal."""
        content = self.read(f"{FILES}/{HISTORY}", MAX_NOTEBOOK_BYTES)
        if not content:
            return []
        from wandb_nb.capture.cells.saved_notebook import read_notebook  # loads nbformat

        cells = read_notebook(content.decode("utf-8", "replace")).cells
        return [
            Cell(cell.number or position, cell.source, ok=cell.facts.get("ok") is not False)
            for position, cell in enumerate(cells, 1)
            if cell.kind == "code"
        ]

    @cached_property
    def document(self) -> list[str] | None:
        """The sources of the cells of the notebook's file from top to bottom; None if there is no such file.

        It is the copy in the run, or the file itself, which is newer while the run is active.
        """
        names = [path for path in self.sources if path.suffix == _NOTEBOOK]
        if names and not self.is_active:
            return _cell_sources(self.sources[names[0]])
        if not self.program.endswith(_NOTEBOOK):
            return None
        try:
            return _cell_sources(read_file(self.working_directory / self.program, MAX_NOTEBOOK_BYTES))
        except OSError:
            return None


def load_run(reference: str | os.PathLike[str]) -> CapturedRun:
    """Return what the run *reference* recorded: a path, id, name or "latest".

    Raises:
        RunNotFoundError: There is none.
        StoreError: Its file cannot be read.

    """
    from wandb_nb.store.reading.run_state import replayed  # numpy takes long to import
    from wandb_nb.store.reading.tail import Tail
    from wandb_nb.store.runs.find import find_run

    directory = run_file(find_run(reference)).parent.resolve()
    state = replayed(map(Tail, data_files(directory)), with_rows=False)
    run = RunNames(state.id, state.project or DEFAULT_PROJECT, state.entity, state.name)
    return CapturedRun(
        directory, run, state.environment, state.config, state.git_remote, state.resumed, state.exit_code is None
    )


def _cell_sources(content: bytes) -> list[str] | None:
    """Return the sources of the code cells of a notebook (nbformat 4), without loading nbformat; None without cells."""
    cells = (load_object(content) or {}).get("cells")
    if not isinstance(cells, list):
        return None
    sources = [cell.get("source") for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return ["".join(map(str, source)) if isinstance(source, list) else str(source or "") for source in sources]
