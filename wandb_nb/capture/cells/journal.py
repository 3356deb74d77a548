"""The executed cells of a run, in an append-only file.

One JSON object per line: a cell's source when it starts, its duration and outcome when it ends, then its outputs. Lines
survive a killed kernel; readers skip an incomplete last line.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wandb_nb.capture.cells.outputs import Output
    from wandb_nb.capture.secrets.redact import Redactor

MAX_OUTPUT_CHARACTERS = 32 << 20
"""Of all outputs of one run; after that only sources are stored."""
MAX_ERROR_CHARACTERS = 500
_MIN_SHARED_CHARACTERS = 1024
_TEXTS = ("text/", "image/svg", "application/javascript")


class Journal:
    """Writes the cells of one run to *path* without secrets; outputs too if *with_outputs*.

    Each call appends one line with one write. Raises OSError when the file cannot be written.
    """

    def __init__(self, path: Path, redact: Redactor, *, with_outputs: bool) -> None:
        self.path, self.with_outputs = path, with_outputs
        self._redact = redact
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._room = MAX_OUTPUT_CHARACTERS
        self._first_cells: dict[bytes, int] = {}

    def begin(self, number: int, source: str, started: float | None) -> str:
        """Store the start of a cell; return its source as stored."""
        clean = self._redact(source)
        self._write({"cell": number, "source": clean, "started": started})
        return clean

    def end(self, number: int, seconds: float | None, ok: bool | None, error: str | None = None) -> str | None:
        """Store its end, and the *error* that ended it; return that as stored."""
        # Truncated after redaction, so that no half of a secret is left; and before, to limit its time.
        clean = self._redact(error[: 8 * MAX_ERROR_CHARACTERS])[:MAX_ERROR_CHARACTERS] if error else None
        outcome = {} if clean is None else {"error": clean}
        self._write({"cell": number, "seconds": seconds, "ok": ok, **outcome})
        return clean

    def outputs(self, number: int, outputs: Iterable[Output]) -> list[Output]:
        """Store the outputs of the cell, which replace earlier ones; return them as stored."""
        stored = [self._bounded(output, number) for output in outputs]
        self._write({"cell": number, "outputs": stored})
        return stored

    def updated(self, number: int, display_id: str, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Store the new state of a display of an earlier cell."""
        self._first_cells.clear()  # the new state must not be stored as a reference to the replaced one
        output = self._bounded({"data": data, "metadata": metadata}, number)
        self._write({"cell": number, "display_id": display_id, **output})

    def close(self) -> None:
        """Close the file; harmless twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self, entry: dict[str, Any]) -> None:
        if self._fd >= 0:
            os.write(self._fd, json.dumps(entry, default=str).encode("utf-8", "backslashreplace") + b"\n")

    def _bounded(self, output: Output, number: int) -> Output:
        """Return *output* without secrets; repeated data, and data beyond the limit, is replaced by a note."""
        stored = dict(output)
        for part in ("text", "evalue", "traceback"):
            if part in stored:
                stored[part] = self._redact.value(stored[part])
        if "data" in stored:
            stored["data"] = self._bounded_data(stored["data"], number)
        self._room -= len(stored.get("text", ""))
        return stored

    def _bounded_data(self, data: dict[str, Any], number: int) -> dict[str, Any]:
        stored: dict[str, Any] = {}
        notes: list[str] = []
        for mime, value in data.items():
            is_text = mime.startswith(_TEXTS) or not isinstance(value, str)
            clean = self._redact.value(value) if is_text else value
            if reason := self._reason_to_omit(clean, number):
                notes.append(f"[{mime}: {reason}]")
            else:
                stored[mime] = clean
        if notes:
            stored["text/plain"] = "\n".join([str(stored.get("text/plain", "")), *notes]).lstrip("\n")
        return stored

    def _reason_to_omit(self, value: Any, number: int) -> str:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if len(text) < _MIN_SHARED_CHARACTERS:
            return ""
        import hashlib  # loads OpenSSL, and only if outputs are saved

        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if digest in self._first_cells:
            return f"the same as in cell {self._first_cells[digest]}"
        self._first_cells[digest] = number
        self._room -= len(text)
        return "" if self._room > 0 else "left out, the session's outputs are too large"
