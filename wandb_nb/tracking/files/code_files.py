"""Copies of the main script or of the notebook's file in a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb import host
from wandb_nb.capture.code import source_files
from wandb_nb.store.format import records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path, PurePosixPath

    from wandb_nb.capture.cells.notebook_file import NotebookFile
    from wandb_nb.capture.code.git import GitState
    from wandb_nb.capture.secrets.redact import Redactor
    from wandb_nb.settings import Resolved


class CodeFiles:
    """Copies the main file, or the notebook's, below *folder*`/code/`, without the secrets of *redact*.

    *append* stores the records that name the copies, *notice* reports a hint. The methods raise OSError where a file
    cannot be read or written.
    """

    def __init__(
        self, folder: Path, append: Callable[[bytes], None], notice: Callable[[str], None], redact: Redactor
    ) -> None:
        self._folder, self._append, self._notice, self._redact = folder, append, notice, redact
        self._script: tuple[Path, PurePosixPath] | None = None
        self._source: source_files.SourceFile | None = None
        self._notebook: NotebookFile | None = None
        self.path: str | None = None
        """The path of the main file's copy below the folder, once it is there."""

    def locate(self, settings: Resolved, repository: GitState | None) -> None:
        """Find the main file. Called by `init()` itself: Python forgets the name of the script when the script ends."""
        if not self._is_off(settings) and not host.in_notebook():
            self._script = source_files.script_path(repository)

    def read(self, settings: Resolved) -> None:
        """Read the main file as it is now, since the user may edit it, and save it if that was asked for.

        Nothing is read where saving code is switched off.
        """
        if self._is_off(settings):
            return
        if self._script is not None:
            self._source = source_files.read_source(*self._script)
        if settings.save_code:
            self.save(settings)

    def save(self, settings: Resolved) -> None:
        """Write the main file that was read, or copy the notebook's file, and have it sent."""
        if self._source is not None:
            self.path = source_files.write(self._source, self._folder, self._redact)
            self._append(records.config({("_wandb", "code_path"): json.dumps(self.path)}))
            self._append(records.files([(self.path, "now", "wandb")]))
        elif host.in_notebook():
            from wandb_nb.capture.cells import notebook_file  # the reader of notebooks, which few runs need

            self._notebook = notebook_file.find(settings.notebook_name)
            if self._notebook is None and settings.save_code:
                self._notice(
                    "the notebook's file was not found, so only the session's history is saved; "
                    "set WANDB_NOTEBOOK_NAME to its path to have it saved as well"
                )
            self.update_notebook()

    def update_notebook(self, *, last: bool = False) -> None:
        """Copy the notebook's file as it is now, if there is one; called again at the end for later changes.

        A broken file is reported by the *last* call: earlier ones may find it while it is being saved.
        """
        if self._notebook is None:
            return
        from wandb_nb.capture.cells import notebook_file  # as above

        try:
            copied = notebook_file.save(self._notebook, self._folder / source_files.FOLDER, self._redact)
        except (OSError, ValueError) as error:
            if last:
                self._notice(
                    f"{self._notebook.name} is not saved with the run: {getattr(error, 'strerror', None) or error}; "
                    "save the notebook again, or use the session's history, which has the cells"
                )
            return
        self._append(records.files([(copied.relative_to(self._folder).as_posix(), "live", "wandb")]))

    @staticmethod
    def _is_off(settings: Resolved) -> bool:
        return bool(settings.disable_code) or settings.save_code is False
