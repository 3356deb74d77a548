"""Faults of the tracker change nothing in cells that do not use it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cells import LOAD, MIME, REMOVE_FOLDER, error, join_streams, notebook_client, run_bundles, texts
from embedded_server import EmbeddedServer
from faults import UNTRACKED, outputs
from nbformat.v4 import new_code_cell, new_notebook
from waiting import until

from wandb_nb.store.runs.frame import read
from wandb_nb.store.runs.registry import Registry
from wandb_nb.sync.background.launch import sync_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
PREFIX = "wandb_nb: "
INIT = "run = wandb.init(project='p')"
LOG = "for i in range(50):\n    wandb.log({'loss': 1 / (1 + i)})"
MORE = "import time\nfor i in range(12):\n    wandb.log({'loss': 2})\n    time.sleep(0.11)"
END = "wandb.finish()\nprint('rows gone:', run.lost)"


def play(folder: Path, *cells: str) -> list[NotebookNode]:
    """Execute cells in a new kernel; errors do not stop it."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    folder.mkdir(exist_ok=True)
    notebook_client(notebook, folder, allow_errors=True).execute()
    join_streams(notebook.cells)
    return list(notebook.cells)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the outputs of the untracked cells in a notebook without the tracker."""
    cells = play(tmp_path_factory.mktemp("bare"), *["pass"] * 4, *UNTRACKED)
    return [outputs(cell) for cell in cells[4:]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


class Played:
    """An executed notebook with a fault (*blow*) and, after it, twenty cells that do not use the tracker."""

    def __init__(self, folder: Path, blow: str, mend: str = "pass", init: str = INIT) -> None:
        cells = play(folder, LOAD, init, LOG, blow, *UNTRACKED, mend, MORE, END)
        self.blow, self.mend, self.more, self.end = cells[3], cells[24], cells[25], cells[26]
        self.untracked = [outputs(cell) for cell in cells[4:24]]
        self.cells = cells

    @property
    def notices(self) -> list[str]:
        """The notices that the tracker printed, except the line at the end."""
        lines = [line for cell in self.cells for line in texts(cell).splitlines() if line.startswith(PREFIX)]
        return [
            line
            for line in lines
            if " finished" not in line and "the run is at" not in line and "sending [" not in line
        ]

    @property
    def errors(self) -> list[str]:
        """The names of the exceptions in cells that use the tracker."""
        mine = [*self.cells[:4], *self.cells[24:]]
        return [output.ename for cell in mine if (output := error(cell)) is not None]


def test_a_sound_tracker_is_not_seen(tmp_path: Path, bare: list[str]) -> None:
    """With an active run, twenty cells that do not use it show byte for byte what they show without the tracker."""
    played = Played(tmp_path, "pass")

    assert played.untracked == bare
    assert (played.notices, played.errors) == ([], [])
    assert len(read("latest")) == 62


def test_the_run_directory_is_deleted(tmp_path: Path, bare: list[str]) -> None:
    """There is one notice, under the next cell that logs; logging and finishing work; the picture stays."""
    played = Played(tmp_path, REMOVE_FOLDER)

    assert played.untracked == bare
    assert played.errors == []
    (notice,) = played.notices
    assert "was deleted" in notice
    assert notice in texts(played.more)
    assert "rows gone: 11" in texts(played.end)
    (bundle,) = run_bundles(played.cells[2])
    assert bundle[MIME]["run"]["rows"] >= 50
    assert "image/png" in bundle


def test_the_disk_is_full(tmp_path: Path, small_disk: Path, bare: list[str]) -> None:
    """There is one notice; rows from before and after are there; rows in between are counted as lost."""
    fill = (
        f"fill = open({str(small_disk / 'fill')!r}, 'ab', 0)\n"
        "try:\n    while True: fill.write(b'x' * 512)\n"
        "except OSError:\n"
        "    for i in range(100): wandb.log({'during': 'x' * 300})\n"
    )
    mend = f"import os; fill.close(); os.remove({str(small_disk / 'fill')!r}); print('lost', run.lost)"
    played = Played(tmp_path, fill, mend, f"run = wandb.init(project='p', dir={str(small_disk)!r})")

    assert played.untracked == bare
    assert played.errors == []
    (notice,) = played.notices
    assert "rows are lost until it can be written again" in notice
    lost = int(texts(played.end).split("rows gone: ")[1])
    assert lost > 0
    frame = read(next(small_disk.glob("wandb/*/run-*.wandb")))
    assert len(frame) == 50 + 100 + 12 - lost
    assert frame["loss"].dropna().tolist() == [1 / (1 + i) for i in range(50)] + [2] * 12


def test_the_view_throws(tmp_path: Path, bare: list[str]) -> None:
    """An error in the view is reported once, with the next row; every row is stored."""
    blow = (
        "import wandb_nb.view.run_bundle as bundles, wandb_nb.view.line_bundle as lines\n"
        "from wandb_nb.view.message.run_stream import RunStream\n"
        "def throw(*_, **__): raise RuntimeError('a broken view')\n"
        "bundles.bundle = lines.header_bundle = lines.link_bundle = RunStream.advance = RunStream.snapshot = throw\n"
        "wandb.log({'loss': 0})"
    )
    played = Played(tmp_path, blow)

    assert played.untracked == bare
    assert played.errors == []
    (notice,) = played.notices
    assert "RuntimeError: a broken view" in notice
    assert "run " in texts(played.end)
    assert " finished" in texts(played.end)
    assert len(read("latest")) == 63


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedServer]:
    """Return a running server that kernels log to."""
    with EmbeddedServer(tmp_path / "server") as running:
        for name, value in running.environ.items():
            monkeypatch.setenv(name, value)
        yield running
        os.kill(running.process.pid, signal.SIGCONT)


def arrived(server: EmbeddedServer) -> int:
    """Wait until the newest run is sent completely; return how many of its rows the server has."""
    entry = Registry().latest()
    assert entry is not None
    until(lambda: sync_status(Path(entry.path) / f"run-{entry.id}.wandb").finished, "the end of sending", 120)
    return len(server.rows(entry.id))


def test_the_background_process_is_killed(tmp_path: Path, server: EmbeddedServer, bare: list[str]) -> None:
    """It is restarted silently by the next row or at the end; all rows are here and on the server."""
    blow = (
        "import psutil\n"
        "code = 'wandb_nb.sync.background.process_start'\n"
        "served = [child for child in psutil.Process().children() if code in str(child.cmdline())]\n"
        "for child in served: child.kill()\n"
        "print('killed', len(served))"
    )
    played = Played(tmp_path / "work", blow)

    assert texts(played.blow) == "killed 1\n"
    assert played.untracked == bare
    assert (played.notices, played.errors) == ([], [])
    assert arrived(server) == 62


def test_the_server_hangs(tmp_path: Path, server: EmbeddedServer, bare: list[str]) -> None:
    """A server that no longer answers delays no cell; finish() waits for its timeout, and reports it."""
    blow = f"import os, signal; os.kill({server.process.pid}, signal.SIGSTOP)"
    init = "run = wandb.init(project='p', settings={'finish_timeout': 2})"
    played = Played(tmp_path / "work", blow, init=init)

    assert played.untracked == bare
    assert played.errors == []
    assert len(played.notices) <= 1
    assert "not sent yet" in texts(played.end)
    assert len(read("latest")) == 62
    os.kill(server.process.pid, signal.SIGCONT)
    assert arrived(server) == 62


def test_a_failed_init_leaves_the_next_one_whole(execute: Execute) -> None:
    """After inits that failed for various reasons, a correct one works, with one set of hooks and one panel."""
    wrong = (
        "for wrong in ({'resume': 'must', 'id': 'nobody'}, {'project': 'a/b'}, {'config': 3},\n"
        "              {'settings': {'no_such': 1}}, {'mode': 'sideways'}, {'id': 'a b:'}):\n"
        "    try:\n        wandb.init(**wrong)\n    except Exception as error:\n        print(type(error).__name__)"
    )
    count = (
        "events = get_ipython().events.callbacks\n"
        "print([sum(getattr(f, '__module__', '').startswith('wandb_nb') for f in events[name])\n"
        "       for name in ('pre_run_cell', 'post_run_cell')], wandb.run)"
    )
    notebook = execute(LOAD, wrong, count, "run = wandb.init(project='p')", "wandb.log({'a': 1})", "wandb.finish()")
    _, failed, counted, _, logged, _ = notebook.cells

    assert len(texts(failed).split()) == 6
    assert all(word.endswith("Error") for word in texts(failed).split())
    assert texts(counted) == "[1, 1] None\n"
    assert len(run_bundles(logged)) == 1
    assert len(read("latest")) == 1
    assert list(read("latest")["_cell"]) == [5]


def test_hooks_fire_once_per_cell(execute: Execute) -> None:
    """With two active runs, reloads, and a later unload, each cell is numbered and recorded once."""
    watch = (
        "shell = get_ipython()\nshell._wandb_nb_calls = calls = []\n"
        "from wandb_nb.notebook.panel import notebook_presenter\n"
        "begins = notebook_presenter.NotebookPresenter.cell_started\n"
        "def counted(self, number, source):\n    calls.append(number)\n    begins(self, number, source)\n"
        "notebook_presenter.NotebookPresenter.cell_started = counted"
    )
    notebook = execute(
        LOAD,
        watch,
        "a = wandb.init(project='p')\nb = wandb.init(project='p', reinit='create_new')",
        "%reload_ext wandb_nb",
        "import importlib; importlib.reload(wandb)",
        "a.log({'x': 1}); b.log({'x': 1}); print(calls)",
        "%unload_ext wandb_nb",
        "print(calls); a.log({'x': 2}); a.finish(); b.finish()",
        "print([len(a.cells()), [cell.number for cell in a.cells('x')]])",
    )

    assert texts(notebook.cells[5]) == "[3, 4, 5, 6]\n"
    assert "[3, 4, 5, 6, 7]" in texts(notebook.cells[7]).splitlines()
