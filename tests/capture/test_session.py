"""Notebook sessions recorded by real kernels."""

from __future__ import annotations

import base64
import json
import os
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from waiting import until

from wandb_nb.capture.cells.journal import Journal
from wandb_nb.capture.cells.outputs import MAX_CELL_CHARACTERS, CellOutputs
from wandb_nb.capture.cells.session import Session
from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.capture.secrets.redact import Redactor
from wandb_nb.store.reading.executed_cells import FILE, read_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Execute = Callable[[str], dict[str, Any]]

INIT = "import wandb_nb as wandb; run = wandb.init(settings={'silent': True}%s)"
SAVING = INIT % ", save_code=True"


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[tuple[Execute, Any]]:
    """Return a function that executes a cell in a kernel and returns the reply, and the kernel's manager."""
    manager, client = start_new_kernel(cwd=str(tmp_path), kernel_name="python3")

    def execute(source: str) -> dict[str, Any]:
        streams: list[str] = []

        def heard(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                streams.append(message["content"]["text"])

        return {**client.execute_interactive(source, timeout=60, output_hook=heard)["content"], "streams": streams}

    yield execute, manager
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def latest(folder: Path) -> Path:
    """Return the newest run directory."""
    return folder / "wandb/latest-run"


def history(folder: Path) -> nbformat.NotebookNode:
    """Return the newest run's history notebook, which must be valid."""
    notebook = nbformat.read(latest(folder) / "files" / HISTORY, as_version=4)
    nbformat.validate(notebook)
    return notebook


def last_cell(folder: Path) -> tuple[str, bool | None]:
    """Return source and outcome of the last cell in the session's notebook."""
    cell = history(folder).cells[-1]
    return cell.source, cell.metadata.wandb_nb.ok


@pytest.mark.kernel
def test_the_history_of_a_session(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """Every cell is in the history, even from before `init()`: source, count, timing, outcome, all kinds of output."""
    execute, _ = kernel
    for source in (
        "before = 1",
        SAVING,
        "for i in range(3): print(f'{i}%', end='\\r')\nimport sys; print('err', file=sys.stderr)",
        "from IPython.display import display, HTML; h = display(HTML('<b>1</b>'), display_id=True); 40 + 2",
        "h.update(HTML('<b>2</b>'))",
        "1 / 0",
        "run.finish()",
    ):
        execute(source)
    cells = history(tmp_path).cells
    assert [cell.execution_count for cell in cells] == list(range(1, 8))
    assert cells[0].source == "before = 1"
    assert [(output.name, output.text) for output in cells[2].outputs] == [("stdout", "2%\n"), ("stderr", "err\n")]
    displayed, result = cells[3].outputs
    assert displayed.data["text/html"] == "<b>2</b>"
    assert (result.output_type, result.data["text/plain"]) == ("execute_result", "42")
    (error,) = cells[5].outputs
    assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")
    assert [cell.metadata.wandb_nb.ok for cell in cells[2:6]] == [True, True, True, False]
    assert all(0 <= cell.metadata.wandb_nb.seconds < 60 for cell in cells[2:6])


@pytest.mark.kernel
@pytest.mark.crash
def test_a_killed_kernel_leaves_its_cells(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """After `kill -9` the cells so far are there, with source, timing and outcome, the last one without an end.

    A thread writes the notebook, so that it may lack the cell that kills the kernel.
    """
    execute, manager = kernel
    for source in (SAVING, *(f"x = {number}" for number in range(2, 8))):
        execute(source)
        until(lambda source=source: last_cell(tmp_path) == (source, True), "end of the cell in the notebook")
    pid = manager.provisioner.process.pid
    manager._client = None
    client = manager.client()
    client.start_channels()
    client.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    end = time.monotonic() + 20
    while manager.provisioner.process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    client.stop_channels()
    assert manager.provisioner.process.poll() is not None, pid
    cells = read_cells(latest(tmp_path) / FILE)
    assert [cell.source for cell in cells[1:7]] == [f"x = {number}" for number in range(2, 8)]
    assert all(cell.ok and cell.seconds is not None for cell in cells[:7])
    assert "SIGKILL" in cells[7].source
    assert cells[7].ok is None
    sources = [cell.source for cell in history(tmp_path).cells]
    assert sources in ([cell.source for cell in cells], [cell.source for cell in cells[:-1]])


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("argument", "sources", "notebook"),
    [("", True, False), (", save_code=False", False, False), (", save_code=True", True, True)],
)
def test_settings_choose_what_is_stored(
    kernel: tuple[Execute, Any], tmp_path: Path, argument: str, *, sources: bool, notebook: bool
) -> None:
    """Sources are stored locally unless that is off; outputs and the history notebook only on demand."""
    execute, _ = kernel
    for source in (INIT % argument, "print('text')", "run.finish()"):
        execute(source)
    assert (latest(tmp_path) / FILE).exists() is sources
    assert (latest(tmp_path) / "files" / HISTORY).exists() is notebook
    if sources and not notebook:
        assert [cell.outputs for cell in read_cells(latest(tmp_path) / FILE)] == [[], [], []]


@pytest.mark.kernel
def test_the_cell_behind_each_point(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """`run.cells("loss")` returns the sources that logged it with their steps, `run.cells()` every cell."""
    execute, _ = kernel
    execute(INIT % "")
    execute("wandb.log({'loss': 1}); wandb.log({'loss': 2})")
    execute("wandb.log({'other': 1})")
    execute("wandb.log({'loss': 3})  # edited")
    execute("entries = [(c.number, c.source, c.steps) for c in run.cells('loss')]; n = len(run.cells())")
    execute("import json; json.dump([entries, n], open('found.json', 'w'))")
    assert json.loads((tmp_path / "found.json").read_text()) == [
        [
            [2, "wandb.log({'loss': 1}); wandb.log({'loss': 2})", [0, 1]],
            [4, "wandb.log({'loss': 3})  # edited", [3]],
        ],
        5,
    ]


@pytest.mark.kernel
def test_secrets_in_cells_and_outputs(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """Secrets in sources, prints, displays, results, errors and config reach no file of the run."""
    execute, _ = kernel
    canary = "canary-0123456789"
    execute(f"import os; os.environ['MY_TOKEN'] = '{canary}'")
    execute(SAVING.replace("init(", "init(config={'api_key': 'plain-canary-1'}, "))
    execute(f"print('{canary}', 'sk-canary12345')")
    execute(f"from IPython.display import HTML, JSON, display; display(HTML('{canary}'), JSON({{'k': ['{canary}']}}))")
    execute(f"'{canary}'")
    execute(f"raise ValueError('{canary}')")
    execute("password = 'hunter2-hunter2'")
    execute("run.finish()")
    contents = {path: path.read_bytes() for path in latest(tmp_path).rglob("*") if path.is_file()}
    for secret in (canary, "sk-canary12345", "plain-canary-1", "hunter2-hunter2"):
        assert [path for path, content in contents.items() if secret.encode() in content] == [], secret
    assert len(history(tmp_path).cells) == 8


@pytest.mark.kernel
def test_a_thousand_updates_stay_small(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """Of 1,000 updates of 50 kB one frame is stored, from the same cell or another: under 1 MB on disk."""
    execute, _ = kernel
    execute(SAVING)
    update = "for i in range(500): h.update(HTML(f'{i} ' * 12_000))"
    execute("from IPython.display import display, HTML; h = display(HTML('x'), display_id=True)\n" + update)
    execute(update)
    execute("run.finish()")
    size = (latest(tmp_path) / FILE).stat().st_size + (latest(tmp_path) / "files" / HISTORY).stat().st_size
    assert size < 1 << 20
    assert history(tmp_path).cells[1].outputs[0].data["text/html"].startswith("499 ")


@pytest.mark.kernel
def test_the_panel_is_not_an_output(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """The live view's own data, with its access token, is not in the history."""
    execute, _ = kernel
    execute("import wandb_nb as wandb; run = wandb.init(save_code=True)")
    execute("[wandb.log({'loss': i}) for i in range(5)]; run.finish()")
    text = (latest(tmp_path) / "files" / HISTORY).read_text()
    assert "vnd.wandb-nb" not in text
    assert history(tmp_path)


def test_equal_data_is_stored_once(tmp_path: Path) -> None:
    """A repeated picture is mentioned, not stored again."""
    journal = Journal(tmp_path / "j", Redactor({}), with_outputs=True)
    picture = {"output_type": "display_data", "data": {"image/png": base64.b64encode(os.urandom(9000)).decode()}}
    for number in (1, 2):
        journal.begin(number, "show()", None)
        journal.outputs(number, [{**picture, "metadata": {}}])
    journal.close()
    assert (tmp_path / "j").stat().st_size < 20_000
    first, second = read_cells(tmp_path / "j")
    assert first.outputs[0]["data"] == picture["data"]
    assert "same as in cell 1" in second.outputs[0]["data"]["text/plain"]


def test_a_torn_line_is_skipped(tmp_path: Path) -> None:
    """A journal with a torn last line, or with unknown lines, is read as far as possible."""
    (tmp_path / "j").write_bytes(b'{"cell": 1, "source": "a"}\n[1]\nnull\n{"cell": 1, "ok": true, "seco')
    (cell,) = read_cells(tmp_path / "j")
    assert (cell.source, cell.ok) == ("a", None)
    assert read_cells(tmp_path / "none") == []


def test_outputs_are_bounded() -> None:
    """Printed text keeps beginning and end, large values are replaced by a note, and the sum stays below the limit."""
    outputs = CellOutputs()
    for number in range(50_000):
        outputs.stream("stdout", f"line {number}\n")
    outputs.display({"text/plain": "t", "image/png": b"x" * 1_000_000}, {}, None)
    for number in range(100):
        outputs.display({"text/plain": str(number) * 40_000}, {}, None)
    collected = outputs.collect()
    lines = collected[0]["text"].splitlines()
    assert (lines[0], lines[-1]) == ("line 0", "line 49999")
    assert "[…]" in lines
    assert collected[1]["data"]["text/plain"].startswith("t\n[image/png of")
    assert len(json.dumps(collected)) < MAX_CELL_CHARACTERS + 50_000
    assert "left out" in collected[-1]["data"]["text/plain"]


def test_cleared_outputs() -> None:
    """`clear_output` clears immediately, or with wait when the next output comes."""
    outputs = CellOutputs()
    outputs.stream("stdout", "one\n")
    outputs.clear(wait=True)
    assert len(outputs.collect()) == 1
    outputs.stream("stdout", "two\n")
    assert [output["text"] for output in outputs.collect()] == ["two\n"]
    outputs.clear(wait=False)
    assert outputs.collect() == []


def test_a_full_disk_costs_the_journal_only(tmp_path: Path) -> None:
    """If one journal cannot be written, there is one notice, and the session continues for the others."""
    notices: list[str] = []
    session = Session(notices.append)
    broken = Journal(tmp_path / "j", Redactor({}), with_outputs=False)
    broken._fd = os.open("/dev/full", os.O_WRONLY)
    session.begin(1, "a")
    writer = session.open(Journal(tmp_path / "k", Redactor({}), with_outputs=False))
    session._writers = (*session._writers, type(writer)(broken))
    session.end(ok=True)
    session.begin(2, "b")
    session.close(writer)
    assert len(notices) == 1
    assert [cell.source for cell in read_cells(tmp_path / "k")] == ["a", "b"]


@pytest.mark.kernel
@pytest.mark.parametrize("mode", ["wrap", "redirect"])
def test_the_console_of_a_notebook(kernel: tuple[Execute, Any], tmp_path: Path, mode: str) -> None:
    """The log has the prints of all cells, with redirect also of C code, and Jupyter still gets them."""
    execute, _ = kernel
    execute(f"import wandb_nb as wandb; run = wandb.init(settings={{'silent': True, 'console': '{mode}'}})")
    c_code = "import ctypes; ctypes.CDLL(None).puts(b'three')"
    replies = [execute(source) for source in ("print('one')", "print('two')", c_code, "run.finish()", "print('four')")]
    output = "".join(text for reply in replies for text in reply["streams"])
    lines = (latest(tmp_path) / "files/output.log").read_text().splitlines()
    assert lines == ["one", "two", *(["three"] if mode == "redirect" else [])]
    assert {"one", "two", "four"} <= set(output.splitlines())


@pytest.mark.kernel
def test_a_cell_costs_little(kernel: tuple[Execute, Any], tmp_path: Path) -> None:
    """The hooks write only the necessary and leave the rest to the thread: a cell's entries exist when it ends."""
    execute, _ = kernel
    execute(SAVING)
    execute("x = 1")
    execute(f"text = open(run.directory / '{FILE}').read(); open('seen', 'w').write(text)")
    entries = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    assert {"cell": 2, "source": "x = 1"}.items() <= next(each for each in entries if each["cell"] == 2).items()
    assert any(each["cell"] == 2 and each.get("ok") for each in entries)
