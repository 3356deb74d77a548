"""FIFOs, links and devices in place of a run's files: none is waited for, followed or created."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import wandb_nb as wandb
from wandb_nb.store.format import records
from wandb_nb.store.format.framing import BLOCK
from wandb_nb.store.reading.executed_cells import FILE, read_cells
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.untrusted_file import open_descriptor, open_file, read_file

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
PLACES = (
    "run-r.wandb",
    "logs/owner.lock",
    "logs/cells.jsonl",
    "segments/x.wandb",
    "files/requirements.txt",
    "files/wandb-metadata.json",
    "files/diff.patch",
    "files/code/_session_history.ipynb",
    "files/code/a.py",
    "run-r.wandb.sent",
)
COMMANDS = (("show",), ("verify",), ("export",), ("diff",), ("sync", "--dry-run"))


def replace(path: Path, kind: str) -> None:
    """Replace *path* by a FIFO, or by a link to an endless device."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run with code and cells."""
    folder = tmp_path_factory.mktemp("whole")
    settings = wandb.Settings(silent=True, x_disable_stats=True)
    with wandb.init(project="p", id="r", mode="offline", dir=folder, settings=settings) as run:
        run.log({"a": 1})
    return Path(run.directory)


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_no_command_waits(kind: str, whole: Path, tmp_path: Path) -> None:
    """`show`, `verify`, `export`, `diff` and `sync` return soon, whichever run file is a FIFO or endless."""
    for number, place in enumerate(PLACES):
        directory = tmp_path / str(number) / "run-20260101_000000-r"
        shutil.copytree(whole, directory)
        replace(directory / place, kind)
    directories = [str(tmp_path / str(number) / "run-20260101_000000-r") for number in range(len(PLACES))]
    source = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n"
        "from click.testing import CliRunner\n"
        "from wandb_nb.cli import group\n"
        f"for command in {COMMANDS!r}:\n"
        "    for path in sys.argv[2:]:\n"
        "        paths = [path, sys.argv[1]] if command[0] == 'diff' else [path]\n"
        "        result = CliRunner().invoke(group, [*command, *paths])\n"
        "        assert result.exception is None or 'Error' not in type(result.exception).__name__ or (\n"
        "            type(result.exception).__module__ == 'wandb_nb.errors'), (command, path, result.exception)\n"
        "print('done')\n"
    )
    command = [sys.executable, "-c", source, str(whole), *directories]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert result.stdout == "done\n", result.stderr


def test_readers_take_regular_files_only(tmp_path: Path) -> None:
    """A link, a FIFO, a folder and a file below a linked folder are errors that name the file; sizes are limited."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("x" * 100)
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / "link").symlink_to("real/file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "real", "missing"):
        with pytest.raises(OSError, match=name):
            open_file(tmp_path / name)
    with pytest.raises(OSError, match="link"):
        open_file(tmp_path / "linked" / "file", below=tmp_path)
    with pytest.raises(OSError, match="leads out"):
        open_file(tmp_path / "real" / ".." / "link", below=tmp_path)
    assert read_file(tmp_path / "linked" / "file", 100) == b"x" * 100  # The caller vouches for the path above the root.
    assert read_file(tmp_path / "link", 100, follow_links=True) == b"x" * 100
    with pytest.raises(OSError, match="larger than 99 bytes"):
        read_file(tmp_path / "real" / "file", 99)


def test_nothing_is_created_through_a_link(tmp_path: Path) -> None:
    """A dangling link in place of a new file stays dangling."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "mark").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="link"):
        open_descriptor(tmp_path / "inside" / "mark", os.O_WRONLY | os.O_CREAT, below=tmp_path)
    assert not (tmp_path / "outside").exists()
    os.close(open_descriptor(tmp_path / "inside" / "new", os.O_WRONLY | os.O_CREAT, below=tmp_path))
    assert (tmp_path / "inside" / "new").is_file()


def test_descriptors_are_closed(tmp_path: Path) -> None:
    """A thousand refused files leave no descriptor open."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    before = os.dup(0)
    os.close(before)
    for _ in range(1000):
        for name in ("pipe", "link", "missing"):
            with pytest.raises(OSError, match=name):
                open_file(tmp_path / name, below=tmp_path.parent)
    after = os.dup(0)  # The lowest free number.
    os.close(after)
    assert after == before


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_lock_and_journal(kind: str, tmp_path: Path) -> None:
    """An owner's lock that is not a regular file gives no owner; such a journal has no cells."""
    replace(tmp_path / "logs" / "owner.lock", kind)
    replace(tmp_path / FILE, kind)
    assert owner_alive(tmp_path) is None
    assert read_cells(tmp_path / FILE) == []


@pytest.mark.parametrize(
    "line", [b'{"cell": 1e999}', b'{"cell": 1, "source": 5, "started": "x"}', b"[" * 100_000, b"5"]
)
def test_journal_of_others(line: bytes, tmp_path: Path) -> None:
    """Lines that no journal of this package contains are skipped, or read as far as their types are right."""
    path = tmp_path / FILE
    path.parent.mkdir()
    path.write_bytes(line + b'\n{"cell": 2, "source": "a", "started": 1.5}\n{"cell": 2, "outputs": [3, {}]}\n')
    cells = read_cells(path)
    assert (cells[-1].number, cells[-1].started, cells[-1].outputs) == (2, 1.5, [{}])
    assert all(cell.started is None or isinstance(cell.started, float) for cell in cells)


def test_holes_are_not_read(tmp_path: Path) -> None:
    """A sparse run file that claims a terabyte is read in moments, and the rows around the hole are found."""
    path = tmp_path / "run-r.wandb"
    writer = RunWriter(path)
    writer.append(records.run("r", project="p"))
    writer.close()
    whole = path.read_bytes()
    place = (1 << 40) - (1 << 40) % BLOCK
    with path.open("r+b") as file:
        file.seek(place)
        file.write(whole)
        file.truncate(place + (1 << 30))
    began = time.monotonic()
    tail = Tail(path)
    count = len(tail.read()) + len(tail.read())
    tail.finalize()
    assert tail.read() == []
    assert time.monotonic() - began < 20
    assert count == 2 * len(Tail(path).read())
    header = 7  # The second copy's tag, which does not belong there.
    assert tail.lost == place + (1 << 30) - 2 * len(whole) + header
