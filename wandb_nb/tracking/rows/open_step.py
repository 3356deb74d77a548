"""The step that is logged in several calls, until it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format.open_row import MAX_OPEN_BYTES, merge_parts

if TYPE_CHECKING:
    from wandb_nb.store.writing.null_writer import Writer


class OpenStep:
    """Stores the parts of one step at a time, and the whole step once it is complete.

    Not thread-safe: the row logger holds its lock. `parts` are those stored so far; empty if no step is open.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.parts: list[bytes] = []
        self._size = self._step = self._attempt = 0

    def add(self, part: bytes, step: int, attempt: int, *, completes: bool) -> None:
        """Store a *part* of *step*; another step that is open is complete by that.

        Raises:
            StoreError: It was not stored, and the writer was made with `on_error="raise"`.

        """
        if self.parts and (step != self._step or attempt != self._attempt):
            self.complete()
        self._step, self._attempt = step, attempt
        self.parts.append(part)
        self._size += len(part)
        if completes or self._size > MAX_OPEN_BYTES:
            self.complete()
            return
        try:
            self._writer.append_part(part, first=len(self.parts) == 1)
        except StoreError:  # the caller is told that it was not stored
            self.parts.pop()
            raise

    def complete(self) -> None:
        """Store the open step, if there is one, as one row."""
        if self.parts:
            self._writer.append(merge_parts(self.parts))
            self.drop()

    def drop(self) -> None:
        """Leave the open step to another process, which has its parts too."""
        self.parts.clear()
        self._size = 0
