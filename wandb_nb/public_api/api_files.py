"""`ApiFile` and `Files`: the files of a stored run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from wandb_nb.errors import UsageError
from wandb_nb.public_api.lazy_sequence import LazySequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wandb_nb.public_api.run_storage import FileAttributes, RunStorage


class ApiFile:
    """A file of a run. `size` is in bytes, `updated_at` in UTC."""

    def __init__(self, storage: RunStorage, file: FileAttributes) -> None:
        self._storage, self._file = storage, file
        self.name, self.size, self.mimetype = file.name, file.size, file.mimetype
        self.updated_at, self.url, self.direct_url, self.md5 = file.updated_at, file.url, file.url, file.md5

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.mimetype}) {self.size} bytes>"

    def download(self, root: str = ".", replace: bool = False, exist_ok: bool = False) -> TextIO:
        """Write the file below the folder *root* and return it, opened for reading as text.

        Args:
            root: The folder; made if it does not exist.
            replace: Overwrite a file that is there.
            exist_ok: Keep a file that is there and return it.

        Raises:
            UsageError: The file is there already, or its name leads out of *root*.
            CommError: The server cannot be reached.

        """
        target = _below(Path(root), self.name)
        if target.exists() and not (replace or exist_ok):
            raise UsageError(f"{target} exists: pass replace=True to overwrite it, or exist_ok=True to keep it")
        if replace or not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            self._storage.download(self._file, target)
        return target.open(encoding="utf-8", errors="replace")

    def delete(self) -> None:
        """Delete the file from the run.

        Raises:
            UsageError: A living process writes the run.
            CommError: The server cannot be reached or refuses.

        """
        self._storage.delete_file(self.name)


class Files(LazySequence[ApiFile]):
    """The files of a run, read when they are asked for."""

    def __init__(self, storage: RunStorage, names: Sequence[str], pattern: str | None) -> None:
        self._storage, self._names, self._pattern = storage, names, pattern
        super().__init__()

    def _items(self) -> Iterator[ApiFile]:
        return (ApiFile(self._storage, file) for file in self._storage.files(self._names, self._pattern))


def _below(root: Path, name: str) -> Path:
    """Return the path of *name* below *root*; the name comes from whoever wrote the run."""
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name:
        raise UsageError(f"the file name {name!r} leads out of the folder {root}")
    return root / name
