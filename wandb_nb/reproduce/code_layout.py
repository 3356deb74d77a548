"""The code of a run below a folder: the commit with its changes, or the saved sources, and the executed cells."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from wandb_nb.reproduce.captured_run import PATCH
from wandb_nb.reproduce.git_work_tree import WorkTreeError, apply_patch, check_out, repository_at
from wandb_nb.reproduce.remark import Remark, listed
from wandb_nb.reproduce.tree_files import safe_path, write_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.reproduce.captured_run import CapturedRun
    from wandb_nb.store.reading.executed_cells import Cell

CODE = "code"
SESSION = "session.ipynb"
_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


class CodeLayout:
    """Puts the code of *captured* into *folder*; *repository* is a clone that the user names, if they do."""

    def __init__(self, captured: CapturedRun, folder: Path, repository: Path | None) -> None:
        self._captured, self._tree, self._folder = captured, folder / CODE, folder
        self._repository = repository
        self.working_folder = PurePosixPath()
        """The folder below the code in which the run was started."""
        self.has_program = False
        """Whether the script or the cells are there."""

    def write(self) -> Iterator[Remark]:
        """Write the code; yield a remark for each part of it that could not be written."""
        captured = self._captured
        if captured.patch:
            write_below(self._folder, PurePosixPath(PATCH), captured.patch)
        if captured.commit:
            self.working_folder = self._find_working_folder()
            yield from self._write_work_tree()
        self._tree.mkdir(exist_ok=True)
        if refused := [path for path, content in self._files().items() if not self._write_file(path, content)]:
            yield Remark("code", f"files are not laid out ({listed(refused)})", "copy them from the run by hand")
        if captured.cells:
            self.has_program = self.working_folder / SESSION not in refused
        elif captured.script is not None:
            self.has_program = (self._tree / captured.script).is_file()
        else:
            self.has_program = captured.program.startswith("-m ")

    def _files(self) -> dict[PurePosixPath, bytes]:
        """Return the saved sources by their path in the tree, and the notebook of the cells."""
        captured = self._captured
        files = {
            path if path == captured.script else self.working_folder / path: content
            for path, content in captured.sources.items()
        }
        if captured.cells:
            files[self.working_folder / SESSION] = json.dumps(_notebook(captured.cells)).encode()
        return files

    def _write_file(self, path: PurePosixPath, content: bytes) -> bool:
        """Write a file that the work tree does not have; return False if a link or something else is in the way."""
        try:
            write_below(self._tree, path, content)
        except FileExistsError:
            return path.name != SESSION
        except OSError:
            return False
        return True

    def _find_working_folder(self) -> PurePosixPath:
        """Return where the run was started below the root of its repository; the root if that is not known."""
        captured = self._captured
        start = captured.working_directory
        program, script = start / captured.program, captured.script
        if script is not None and program.parts[-len(script.parts) :] == script.parts:
            top: Path | None = Path(*program.parts[: -len(script.parts)])
        else:
            top = repository_at(start)
        if top is None or top not in start.parents:
            return PurePosixPath()
        return safe_path(start.relative_to(top).as_posix()) or PurePosixPath()

    def _write_work_tree(self) -> Iterator[Remark]:
        captured = self._captured
        source = self._repository or repository_at(captured.working_directory)
        problem = f"no repository to clone in {captured.working_directory}" if source is None else ""
        if source is not None:
            try:
                check_out(source, captured.commit, captured.remote, self._tree)
            except WorkTreeError as error:
                problem = str(error)
        if problem:
            text = f"commit {captured.commit[:12]} is not laid out ({problem})"
            yield Remark("code", text, "clone the repository and name the clone with --repository")
            return
        if captured.patch:
            try:
                apply_patch(self._tree, self._folder / PATCH)
            except WorkTreeError as error:
                yield Remark("code", f"the uncommitted changes are not applied ({error})", f"apply {PATCH} by hand")
        if (self._tree / ".gitmodules").is_file():
            yield Remark("code", "the commit has submodules", "fetch them with `git submodule update --init`")
        attributes = self._tree / ".gitattributes"
        if attributes.is_file() and not attributes.is_symlink() and b"filter=" in attributes.read_bytes():
            yield Remark("code", "files of the commit need a filter", "run `git lfs pull`, or what the filter needs")


def _notebook(cells: list[Cell]) -> dict[str, Any]:
    """Return a notebook of *cells* in the order of their execution; one that failed does not stop the others."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell-{position}",
                "metadata": {"tags": ["raises-exception"]} if cell.ok is False else {},
                "outputs": [],
                "source": cell.source,
            }
            for position, cell in enumerate(cells, 1)
        ],
        "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
