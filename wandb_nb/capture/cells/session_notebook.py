"""The history of a session as a notebook file, written during the session."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from wandb_nb.atomic_file import replacement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wandb_nb.capture.cells.outputs import Output
    from wandb_nb.store.reading.executed_cells import Cell

HISTORY = "code/_session_history.ipynb"
"""Path of the notebook below the run's files."""

_JSON_TYPE = re.compile(r"application/(.*\+)?json$")
_HEAD = b'{"cells":['
_FOOT = b'\n],"metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":5}\n'


class SessionNotebook:
    """A notebook (nbformat 4.5) at *path*, replaced as a whole by each change.

    So it is complete and valid at every moment, also after a killed kernel. A cell's id is made of its number. Calls
    raise OSError when the file cannot be written; the earlier cells stay. Not thread-safe.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._sizes: dict[int, int] = {}
        self.size = 0
        """The size of the file in bytes, which is what a change costs."""
        self.put([])

    def put(self, cells: Iterable[Cell]) -> None:
        """Add *cells*, each in place of the one with its number, if there is one."""
        entries = {cell.number: _to_json(_notebook_cell(cell)).encode("ascii") for cell in cells}
        sizes = {**self._sizes, **{number: len(entry) for number, entry in entries.items()}}
        with replacement(self._path) as unfinished, unfinished.open("wb") as file:
            file.writelines(self._pieces(entries, sizes))
            self.size = file.tell()
        self._sizes = sizes

    def _pieces(self, entries: dict[int, bytes], numbers: Iterable[int]) -> Iterator[bytes]:
        """Yield the file's new content: *entries*, and the entries of the other *numbers* from the old file."""
        old = self._path.read_bytes() if self._sizes else b""
        start, separator = len(_HEAD), b"\n"
        yield _HEAD
        for number in numbers:
            start += len(separator)
            end = start + self._sizes.get(number, 0)
            yield separator
            yield entries.get(number) or old[start:end]
            start, separator = end, b",\n"
        yield _FOOT


def _notebook_cell(cell: Cell) -> dict[str, Any]:
    facts: dict[str, Any] = {"started": cell.started, "seconds": cell.seconds, "ok": cell.ok}
    if cell.error is not None:
        facts["error"] = cell.error
    return {
        "cell_type": "code",
        "execution_count": cell.number,
        "id": f"cell-{cell.number}",
        "metadata": {"wandb_nb": facts},
        "outputs": [_notebook_output(output) for output in cell.outputs],
        "source": cell.source,
    }


def _notebook_output(output: Output) -> dict[str, Any]:
    """Return *output* as nbformat defines it: without its `display_id`, and as text what is not of a JSON type."""
    valid = {key: value for key, value in output.items() if key != "display_id"}
    if "data" in valid:
        valid["data"] = {
            mime: value if _JSON_TYPE.match(mime) else _text(value) for mime, value in valid["data"].items()
        }
    return valid


def _text(value: Any) -> str:
    """Return data of a type that is not JSON as text; nbformat allows a list of lines."""
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if is_lines else str(value)


def _to_json(value: Any) -> str:
    """Return *value* as JSON that browsers can read, too: NaN and infinities become null."""
    try:
        return json.dumps(value, default=str, allow_nan=False)
    except ValueError:
        python_json = json.dumps(value, default=str)
        return json.dumps(json.loads(python_json, parse_constant=lambda _name: None))
