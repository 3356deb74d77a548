"""Cells that do not use the tracker, and faults of the tracker, which must never affect those cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nbformat import NotebookNode

UNTRACKED = (
    "print('plain')",
    "import sys; print('to stderr', file=sys.stderr)",
    "6 * 7",
    "'no value';",
    "1 / 0",
    "from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))",
    "handle = display('first', display_id='theirs'); handle.update('second')",
    "def outer():\n    return {}['missing']\nouter()",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "%%capture captured\nprint('swallowed')",
    "print(captured.stdout, end='')",
    "!echo from a shell",
    "import warnings\nwarnings.simplefilter('always')\nwarnings.warn('theirs', stacklevel=1)",
    "for i in range(3): print('\\rprogress', i, end='')",
    "import threading\nthread = threading.Thread(target=print, args=('from a thread',)); thread.start(); thread.join()",
    # On Python 3.10 the traceback of a method on one line has the line before it, or not, at random.
    "class Odd:\n def _repr_html_(self):\n  raise ValueError('bad repr')\n def __repr__(self): return 'odd'\nOdd()",
    "raise SystemExit(3)",
    "this is not python",
    "import logging\nlogging.getLogger('theirs').warning('logged')",
    "x = [print(word) for word in ('a', 'b')]\nlen(x)",
)


class Fault(NamedTuple):
    """A fault of the tracker: cells that start a run, cause the fault, and repair it."""

    name: str
    start: str
    blow: str
    mend: str = ""
    rows_are_lost: bool = False


def outputs(cell: NotebookNode) -> str:
    """Return everything that a cell shows, byte for byte, except how its streams were split."""
    from nbformat import writes
    from nbformat.v4 import new_code_cell, new_notebook

    text = str(writes(new_notebook(cells=[new_code_cell(id="x", outputs=cell.outputs)])))
    return re.sub(r"ipykernel_\d+", "ipykernel", text)  # the folder that stands for a cell's file is called by the pid
