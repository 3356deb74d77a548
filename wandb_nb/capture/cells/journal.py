"""The executed cells of a run, in a file that only grows.

One JSON object a line: a cell's source when it begins, its duration and outcome when it ends, then its outputs.  What
was written survives a killed kernel; a line that was cut short is skipped.
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

LARGEST_OUTPUTS = 32 << 20
"""Characters of outputs that one run keeps; the sources go on."""
LONGEST_ERROR = 500
_WORTH_SHARING = 1024
_TEXTS = ("text/", "image/svg", "application/javascript")


class Journal:
    """Writes the cells of one run to *path*, secrets taken out; outputs too if *with_outputs*.

    Each call appends one line with one write.  Raises OSError when the file cannot be written.
    """

    def __init__(self, path: Path, redact: Redactor, *, with_outputs: bool) -> None:
        self.path, self.with_outputs = path, with_outputs
        self._redact = redact
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o666)
        self._room = LARGEST_OUTPUTS
        self._seen: dict[bytes, int] = {}

    def begin(self, number: int, source: str, started: float | None) -> str:
        """Note that a cell begins; return its source as it is kept."""
        clean = self._redact(source)
        self._write({"cell": number, "source": clean, "started": started})
        return clean

    def end(self, number: int, seconds: float | None, ok: bool | None, error: str | None = None) -> None:
        """Note that it has ended, and by which *error*."""
        # Cut after the secrets are out, so that no half of one is left; and before, since that takes its time.
        told = {"error": self._redact(error[: 8 * LONGEST_ERROR])[:LONGEST_ERROR]} if error else {}
        self._write({"cell": number, "seconds": seconds, "ok": ok, **told})

    def outputs(self, number: int, outputs: Iterable[Output]) -> list[Output]:
        """Note what the cell has put out, instead of what was noted before; return it as it is kept."""
        kept = [self._kept(output, number) for output in outputs]
        self._write({"cell": number, "outputs": kept})
        return kept

    def updated(self, number: int, display_id: str, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Note a display of an earlier cell that has changed since."""
        self._seen.clear()  # what takes the place of the earlier state must not be told to be the same as that
        output = self._kept({"data": data, "metadata": metadata}, number)
        self._write({"cell": number, "display_id": display_id, **output})

    def close(self) -> None:
        """Write no more; harmless twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self, entry: dict[str, Any]) -> None:
        if self._fd >= 0:
            os.write(self._fd, json.dumps(entry, default=str).encode("utf-8", "backslashreplace") + b"\n")

    def _kept(self, output: Output, number: int) -> Output:
        """Return *output* without secrets; data that was kept before, or for which there is no room, is only told."""
        kept = dict(output)
        for part in ("text", "evalue", "traceback"):
            if part in kept:
                kept[part] = self._redact.value(kept[part])
        if "data" in kept:
            kept["data"] = self._data(kept["data"], number)
        self._room -= len(kept.get("text", ""))
        return kept

    def _data(self, data: dict[str, Any], number: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        told: list[str] = []
        for mime, value in data.items():
            is_text = mime.startswith(_TEXTS) or not isinstance(value, str)
            clean = self._redact.value(value) if is_text else value
            if reason := self._too_much(clean, number):
                told.append(f"[{mime}: {reason}]")
            else:
                kept[mime] = clean
        if told:
            kept["text/plain"] = "\n".join([str(kept.get("text/plain", "")), *told]).lstrip("\n")
        return kept

    def _too_much(self, value: Any, number: int) -> str:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if len(text) < _WORTH_SHARING:
            return ""
        import hashlib  # loads OpenSSL, and only where outputs are saved

        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if digest in self._seen:
            return f"the same as in cell {self._seen[digest]}"
        self._seen[digest] = number
        self._room -= len(text)
        return "" if self._room > 0 else "left out, the session's outputs are too large"
