"""The cell executions of logged points, and their headers in a message."""

import json

import numpy as np
import pytest
from view_runs import RunFile, part

from wandb_nb.store.reading.executed_cells import FILE
from wandb_nb.view.message import cell_list as module
from wandb_nb.view.message.downsample import downsample
from wandb_nb.view.message.header_fields import MIME
from wandb_nb.view.message.run_message import parse
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.message.series import CELLS_PER_DIRECTORY
from wandb_nb.view.run_bundle import MAX_BYTES, bundle


def alive(_directory):
    """Return that the writer is alive."""
    return True


def note(directory, *entries):
    """Append *entries* to the journal of a run directory."""
    path = directory / FILE
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)


def whole(stream, cursor=""):
    """Read to the end and return the message after *cursor*, in its wire form."""
    while stream.advance():
        pass
    return parse(stream.message(cursor).to_bytes())


@pytest.fixture
def run(tmp_path):
    """Return a run logged by two cells, the second of which failed."""
    run = RunFile(tmp_path / "run")
    for step in range(6):
        run.log({"loss": step}, step, cell=3 if step < 4 else 7)
    run.log({"other": 1}, 6)
    note(run.directory, {"cell": 2, "source": "import x", "started": 1.0}, {"cell": 2, "seconds": 1.0, "ok": True})
    note(run.directory, {"cell": 3, "source": "fit()", "started": 10.0}, {"cell": 3, "seconds": 2.5, "ok": True})
    note(run.directory, {"cell": 7, "source": "fit(2)", "started": 20.0})
    return run


def test_points_name_their_cells(run):
    """A series has the start of each cell's points; the header lists only the cells that logged."""
    header = whole(RunStream(run.directory, alive)).header
    series = {one["key"]: one["cells"] for one in header["series"]}
    assert series == {"loss": [[3, 0], [7, 4]], "other": []}
    assert [(cell["id"], cell["n"], cell["source"], cell["seconds"]) for cell in header["cells"]] == [
        (3, 3, "fit()", 2.5),
        (7, 7, "fit(2)", None),
    ]


def test_the_end_of_a_cell_is_sent_once(run):
    """The duration and error of a finished cell are sent once to a view that has the rest."""
    stream = RunStream(run.directory, alive)
    cursor = whole(stream).header["cursor"]
    assert whole(stream, cursor).header["cells"] is None
    note(run.directory, {"cell": 7, "seconds": 4.0, "ok": False, "error": "ValueError: lr"})
    header = whole(stream, cursor).header
    assert (header["cells"][-1]["ok"], header["cells"][-1]["error"]) == (False, "ValueError: lr")
    assert whole(stream, header["cursor"]).header["cells"] is None


def test_outputs_are_not_read(run):
    """Output lines, which may be large, change nothing and are not stored."""
    stream = RunStream(run.directory, alive)
    cursor = whole(stream).header["cursor"]
    note(run.directory, {"cell": 3, "outputs": [{"text": "x" * 1_000_000}]})
    assert whole(stream, cursor).header["cells"] is None


def test_sources_are_bounded(tmp_path):
    """Of many long cells the newest are in the message, shortened; the saved output stays within its limit."""
    run = RunFile(tmp_path / "run")
    for cell in range(1, 101):
        run.log({"loss": cell}, cell, cell=cell)
        note(run.directory, {"cell": cell, "source": f"# {cell}\n" + "x" * 10_000, "started": 1.0})
    stream = RunStream(run.directory, alive)
    cells = whole(stream).header["cells"]
    assert [cell["n"] for cell in cells] == list(range(61, 101))
    assert sum(len(cell["source"]) for cell in cells) <= module.MAX_TOTAL_SOURCE
    assert len(cells[-1]["source"]) == module.MAX_CELL_SOURCE
    assert cells[-1]["cut"]
    saved = bundle(stream, None)
    assert len(json.dumps(saved)) <= MAX_BYTES + 10_000
    assert [cell["n"] for cell in saved[MIME]["cells"]] == list(range(61, 101))
    assert saved[MIME]["series"]


def test_thinned_points_keep_their_cells(run):
    """After decimation each remaining point still belongs to its cell."""
    for step in range(7, 1_000):
        run.log({"loss": step}, step, cell=8 + step // 250)
    series = whole(RunStream(run.directory, alive)).series()[0]
    fewer = downsample(series, 40)
    starts = np.array([first for _, first in fewer.cells])
    cells = [fewer.cells[at][0] for at in np.searchsorted(starts, np.arange(len(fewer.step)), side="right") - 1]
    expected = [3 if step < 4 else 7 if step < 6 else 8 + int(step) // 250 for step in fewer.step]
    assert len(fewer.step) < 60
    assert cells == expected


def test_cells_of_a_resumed_run_are_not_mixed_up(tmp_path):
    """A cell number of two directories of one run is a different cell in each."""
    first = RunFile(tmp_path / "run-20260101_000000-abcd1234")
    first.log({"loss": 1}, 0, cell=3)
    note(first.directory, {"cell": 3, "source": "before", "started": 1.0})
    second = tmp_path / "run-20260102_000000-abcd1234"
    later = RunFile(second)
    later.path.write_bytes(later.path.read_bytes()[:7])
    later.add(part(17, part(1, "abcd1234") + part(3, "digits") + part(18, 1) + part(17, part(1, 1_700_000_500))))
    later.log({"loss": 2}, 1, cell=3)
    note(second, {"cell": 3, "source": "after", "started": 2.0})
    header = whole(RunStream(second, alive)).header
    assert header["series"][0]["cells"] == [[3, 0], [CELLS_PER_DIRECTORY + 3, 1]]
    assert [(cell["n"], cell["source"]) for cell in header["cells"]] == [(3, "before"), (3, "after")]
