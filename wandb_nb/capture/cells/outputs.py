"""The outputs of one cell, collected as they arrive and bounded in size."""

from __future__ import annotations

import base64
from typing import Any

from wandb_nb.capture.console.head_tail import HeadTail
from wandb_nb.capture.console.screen import TerminalScreen

Output = dict[str, Any]
"""One output as in a notebook file, with its `display_id` if it has one."""

MAX_VALUE_CHARACTERS = 256 << 10
MAX_CELL_CHARACTERS = 1 << 20
_MAX_OUTPUTS = 200
_STREAM_HEAD, _STREAM_TAIL = 128 << 10, 32 << 10
# Live views belong to a running kernel, and those of wandb_nb carry an access token.
PRIVATE = ("application/vnd.wandb-nb", "application/vnd.jupyter.widget")


class CellOutputs:
    """The outputs of one cell so far, as the notebook shows them: of an updated display only the last state.

    Values above 256 kB, and whatever exceeds 1 MB or 200 outputs per cell, are replaced by a note. Not thread-safe.
    """

    def __init__(self) -> None:
        self._items: list[Output | _Stream] = []
        self._clear_at_next = False
        self._left_out = 0

    def stream(self, name: str, text: str) -> None:
        """Add text printed to "stdout" or "stderr"."""
        last = self._next()
        if not (isinstance(last, _Stream) and last.name == name):
            last = _Stream(name)
            self._add(last)
        last.write(text)

    def display(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None) -> None:
        """Add a display."""
        self._next()
        output: Output = {"output_type": "display_data", "data": bounded(data), "metadata": metadata}
        if display_id is not None:
            output["display_id"] = display_id
        if output["data"]:
            self._add(output)

    def update(self, data: dict[str, Any], metadata: dict[str, Any], display_id: str) -> bool:
        """Replace the displays with that id; False if this cell has none."""
        displays = [item for item in self._items if isinstance(item, dict) and item.get("display_id") == display_id]
        for item in displays:
            item["data"], item["metadata"] = bounded(data), metadata
        return bool(displays)

    def result(self, number: int, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Add the value of the cell's last expression."""
        self._next()
        if small := bounded(data):
            self._add({"output_type": "execute_result", "execution_count": number, "data": small, "metadata": metadata})

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Add the error that ended the cell."""
        self._next()
        self._add({"output_type": "error", "ename": name, "evalue": value, "traceback": traceback})

    def clear(self, *, wait: bool) -> None:
        """Remove the outputs so far, with *wait* when the next one arrives."""
        self._clear_at_next = wait
        if not wait:
            self._items.clear()
            self._left_out = 0

    def collect(self) -> list[Output]:
        """Return the outputs so far, within the limits."""
        outputs: list[Output] = []
        room = MAX_CELL_CHARACTERS
        for item in self._items:
            output = item.output() if isinstance(item, _Stream) else dict(item)
            size = _size(output)
            if size <= room:
                outputs.append(output)
                room -= size
            else:
                self._left_out += 1
        if self._left_out:
            text = f"[{self._left_out} more outputs left out: together they exceed the limit]"
            outputs.append({"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}})
        return outputs

    def _next(self) -> Output | _Stream | None:
        if self._clear_at_next:
            self.clear(wait=False)
        return self._items[-1] if self._items else None

    def _add(self, item: Output | _Stream) -> None:
        if len(self._items) < _MAX_OUTPUTS:
            self._items.append(item)
        else:
            self._left_out += 1


class _Stream:
    """Printed text as a terminal shows it, bounded to head and tail."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._screen = TerminalScreen()
        self._head: list[str] = []
        self._bounds: HeadTail[str] = HeadTail(_STREAM_HEAD, _STREAM_TAIL)

    def write(self, text: str) -> None:
        """Add text."""
        self._screen.feed(text)
        self._head += filter(self._bounds.is_head, self._screen.take_final())

    def output(self) -> Output:
        """Return it as an output of a notebook file."""
        gap = ["[…]"] if self._bounds.left_out else []
        lines = [*self._head, *gap, *self._bounds.tail, *self._screen.live()]
        return {"output_type": "stream", "name": self.name, "text": "".join(f"{line}\n" for line in lines)}


def bounded(data: dict[str, Any]) -> dict[str, Any]:
    """Return a MIME bundle without live views, with bytes as base64, and with notes for values that are too large."""
    small: dict[str, Any] = {}
    notes: list[str] = []
    for mime, value in data.items():
        if mime.startswith(PRIVATE):
            continue
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")  # noqa: PLW2901 -- the same value in another form
        size = _size(value)
        if size <= MAX_VALUE_CHARACTERS:
            small[mime] = value
        else:
            notes.append(f"[{mime} of {size} characters left out]")
    if notes:
        small["text/plain"] = "\n".join([*([small["text/plain"]] if "text/plain" in small else []), *notes])
    return small


def _size(value: Any) -> int:
    """Return roughly how many characters *value* takes in a file."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(str(key)) + _size(inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 8
