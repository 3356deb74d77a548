"""The outputs of one cell, gathered as they come and kept small."""

from __future__ import annotations

import base64
from typing import Any

from wandb_nb.capture.console.head_tail import HeadTail
from wandb_nb.capture.console.screen import TerminalScreen

Output = dict[str, Any]
"""One output as a notebook file has it; `display_id` besides, where it has one."""

LARGEST_VALUE = 256 << 10
LARGEST_CELL = 1 << 20
_MOST_OUTPUTS = 200
_STREAM_HEAD, _STREAM_TAIL = 128 << 10, 32 << 10
# Live views: they belong to a running kernel, and ours carry an access token.
PRIVATE = ("application/vnd.wandb-nb", "application/vnd.jupyter.widget")


class CellOutputs:
    """What one cell has put out so far, as the notebook shows it: of an updated display only its last state.

    Values above 256 kB, and all that makes a cell have more than 1 MB or 200 outputs, are replaced by a line that
    says so.  Not thread-safe.
    """

    def __init__(self) -> None:
        self._items: list[Output | _Stream] = []
        self._clear_at_next = False
        self._left_out = 0

    def stream(self, name: str, text: str) -> None:
        """Take what was printed to "stdout" or "stderr"."""
        last = self._next()
        if not (isinstance(last, _Stream) and last.name == name):
            last = _Stream(name)
            self._add(last)
        last.write(text)

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None) -> None:
        """Take a new display."""
        self._next()
        output: Output = {"output_type": "display_data", "data": bounded(data), "metadata": metadata}
        if display_id is not None:
            output["display_id"] = display_id
        if output["data"]:
            self._add(output)

    def update(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str) -> bool:
        """Replace the displays of that id; False when this cell has none."""
        found = [item for item in self._items if isinstance(item, dict) and item.get("display_id") == display_id]
        for item in found:
            item["data"], item["metadata"] = bounded(data), metadata
        return bool(found)

    def result(self, number: int, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Take the value of the cell's last expression."""
        self._next()
        kept = bounded(data)
        if kept:
            self._add({"output_type": "execute_result", "execution_count": number, "data": kept, "metadata": metadata})

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Take the error that ended the cell."""
        self._next()
        self._add({"output_type": "error", "ename": name, "evalue": value, "traceback": traceback})

    def clear(self, *, wait: bool) -> None:
        """Forget what came so far, with *wait* when the next output comes."""
        self._clear_at_next = wait
        if not wait:
            self._items.clear()
            self._left_out = 0

    def collect(self) -> list[Output]:
        """Return the outputs so far, within the bounds."""
        outputs: list[Output] = []
        room = LARGEST_CELL
        for item in self._items:
            output = item.output() if isinstance(item, _Stream) else dict(item)
            size = _size(output)
            if size <= room:
                outputs.append(output)
                room -= size
            else:
                self._left_out += 1
        if self._left_out:
            text = f"[{self._left_out} more outputs left out: together they are too large]"
            outputs.append({"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}})
        return outputs

    def _next(self) -> Output | _Stream | None:
        if self._clear_at_next:
            self.clear(wait=False)
        return self._items[-1] if self._items else None

    def _add(self, item: Output | _Stream) -> None:
        if len(self._items) < _MOST_OUTPUTS:
            self._items.append(item)
        else:
            self._left_out += 1


class _Stream:
    """Printed text as a terminal shows it: its beginning and its end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._screen = TerminalScreen()
        self._head: list[str] = []
        self._ends: HeadTail[str] = HeadTail(_STREAM_HEAD, _STREAM_TAIL)

    def write(self, text: str) -> None:
        """Take more text."""
        self._screen.feed(text)
        self._head += filter(self._ends.is_head, self._screen.take_final())

    def output(self) -> Output:
        """Return the notebook's output for it."""
        gap = ["[…]"] if self._ends.left_out else []
        lines = [*self._head, *gap, *self._ends.tail, *self._screen.live()]
        return {"output_type": "stream", "name": self.name, "text": "".join(f"{line}\n" for line in lines)}


def bounded(data: dict[str, Any]) -> dict[str, Any]:
    """Return a MIME bundle without live views, bytes as base64, and values that are too large told in the text."""
    kept: dict[str, Any] = {}
    gone: list[str] = []
    for mime, value in data.items():
        if mime.startswith(PRIVATE):
            continue
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")  # noqa: PLW2901 -- the same in another form
        size = _size(value)
        if size <= LARGEST_VALUE:
            kept[mime] = value
        else:
            gone.append(f"[{mime} of {size} characters left out]")
    if gone:
        kept["text/plain"] = "\n".join([*([kept["text/plain"]] if "text/plain" in kept else []), *gone])
    return kept


def _size(value: Any) -> int:
    """Return about how many characters *value* takes in a file."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(str(key)) + _size(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 8
