"""Programs in unusual environments: each runs to its end, and its run has its rows. All are real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from pathlib import Path

RUN = """
run = wandb.init(mode="offline", dir={folder!r})
for step in range(3):
    print("line", step)
    run.log({{"a": step}})
run.finish()
"""
STREAM = """
class Stream:
    {slots}
    def __init__(self, name): self.file = open(name, "a")
    def write(self, text): self.file.write(text); self.file.flush()
"""


def execute(folder: Path, source: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run *source* as a script in *folder*."""
    (folder / "s.py").write_text("import os, sys\n" + source)
    return subprocess.run(
        [sys.executable, str(folder / "s.py")],
        cwd=folder,
        env={**os.environ, "WANDB_NB_DATA_DIR": str(folder / "data"), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def values(folder: Path) -> list[float]:
    """Return the logged values of the run below *folder*."""
    run = next(folder.rglob("offline-run-*"))
    values: list[float] = wandb.read(run)["a"].tolist()
    return values


@pytest.mark.parametrize("slots", ["", "__slots__ = ('file',)"], ids=["plain", "slots"])
@pytest.mark.parametrize("console", ["auto", "wrap", "redirect"])
@pytest.mark.parametrize("both", [False, True], ids=["two", "same"])
def test_streams_that_can_only_write(tmp_path: Path, slots: str, console: str, *, both: bool) -> None:
    """With streams that have only `write`, even one object for both, each line is printed and captured once."""
    prepare = STREAM.format(slots=slots) + "sys.stdout = Stream('out.txt')\n"
    prepare += "sys.stderr = sys.stdout\n" if both else "sys.stderr = Stream('err.txt')\n"
    done = execute(
        tmp_path,
        prepare + "import wandb_nb as wandb\n" + RUN.format(folder=str(tmp_path)),
        WANDB_CONSOLE=console,
    )
    assert done.returncode == 120  # as without a run: Python itself cannot flush such a stream
    assert done.stderr == ""
    assert values(tmp_path) == [0, 1, 2]
    assert (tmp_path / "out.txt").read_text().count("line 1\n") == 1
    if not slots and console != "redirect":
        log = next((tmp_path / "wandb").glob("offline-run-*")) / "files/output.log"
        assert log.read_text().count("line 1\n") == 1


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
@pytest.mark.parametrize("console", ["auto", "redirect"])
def test_closed_descriptors(tmp_path: Path, closed: str, console: str) -> None:
    """With descriptors 0 to 2 closed, output written to them never reaches the run's files."""
    write = "for fd in (1, 2):\n    try: os.write(fd, b'x' * 100)\n    except OSError: pass\n"
    source = "import wandb_nb as wandb\n" + RUN.format(folder=str(tmp_path)).replace(
        "run.finish()", write + "run.finish()"
    )
    (tmp_path / "s.py").write_text("import os, sys\n" + source)
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} s.py {closed}"],
        cwd=tmp_path,
        env={**os.environ, "WANDB_CONSOLE": console, "WANDB_NB_DATA_DIR": str(tmp_path / "data")},
        timeout=60,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert values(tmp_path) == [0, 1, 2]
    if console != "redirect":  # which captures what reaches the descriptors
        run = next((tmp_path / "wandb").glob("offline-run-*/*.wandb"))
        assert b"x" * 100 not in run.read_bytes()


@pytest.mark.parametrize("mode", ["offline", None])
def test_no_home_and_no_name(tmp_path: Path, mode: str | None) -> None:
    """A user without HOME and without an entry in the user database gets a run, also where online is the default."""
    nobody = "import pwd\ndef fail(*_): raise KeyError('no such user')\npwd.getpwuid = pwd.getpwnam = fail\n"
    source = nobody + "del os.environ['HOME'], os.environ['WANDB_NB_DATA_DIR']\n"
    source += "for name in ('USER', 'LOGNAME', 'LNAME', 'USERNAME', 'XDG_DATA_HOME'): os.environ.pop(name, None)\n"
    source += "for name in ('WANDB_MODE', 'WANDB_API_KEY'): os.environ.pop(name, None)\n"
    source += "import wandb_nb as wandb\n" + RUN.format(folder=str(tmp_path)).replace('"offline"', repr(mode))
    (tmp_path / "temporary").mkdir()
    done = execute(tmp_path, source, TMPDIR=str(tmp_path / "temporary"))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert values(tmp_path) == [0, 1, 2]
    assert not (tmp_path / "~").exists()
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "temporary").iterdir()] == [0o700]


def test_a_netrc_that_cannot_be_read(tmp_path: Path) -> None:
    """Where the file with the key is unreadable, one line says so, and the run is offline."""
    (tmp_path / "netrc").mkdir()
    source = "for name in ('WANDB_MODE', 'WANDB_API_KEY'): os.environ.pop(name, None)\n"
    source += "import wandb_nb as wandb\n" + RUN.format(folder=str(tmp_path)).replace('"offline"', "None")
    done = execute(tmp_path, source, NETRC=str(tmp_path / "netrc"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot read the netrc file") == 1
    assert values(tmp_path) == [0, 1, 2]


def test_the_working_directory_is_deleted(tmp_path: Path) -> None:
    """In a deleted folder, with and without `dir`, the run is stored in `dir`, else in a temporary folder."""
    (tmp_path / "temporary").mkdir()
    vanish = "folder = os.path.abspath('gone')\nos.mkdir(folder); os.chdir(folder); os.rmdir(folder)\n"
    vanish += "import wandb_nb as wandb\n"
    environ = {"TMPDIR": str(tmp_path / "temporary")}
    done = execute(tmp_path, vanish + RUN.format(folder=str(tmp_path)), **environ)
    assert done.returncode == 0, done.stderr
    assert values(tmp_path) == [0, 1, 2]
    done = execute(tmp_path, vanish + RUN.format(folder="x").replace(", dir='x'", ""), **environ)
    assert done.returncode == 0, done.stderr
    assert "cannot be written" in done.stderr
    assert values(next((tmp_path / "temporary").glob("wandb-*"))) == [0, 1, 2]


def test_a_clock_that_jumps(tmp_path: Path) -> None:
    """The wall clock jumps back an hour and ahead a day: durations stay true, and checks and summary continue."""
    source = """
import time
import wandb_nb as wandb
true, offset = time.time, 0
time.time = lambda: true() + offset
import wandb_nb.tracking.rows.row_logger as module
module.time = time.time
run = wandb.init(mode="offline", dir=FOLDER)
for offset in (0, -3600, 86400, -3600):
    time.sleep(0.2)
    run.log({"a": offset})
assert 0.7 < run.runtime < 20, run.runtime
run.finish()
assert 0 <= run.summary["_runtime"] < 20, run.summary["_runtime"]
""".replace("FOLDER", repr(str(tmp_path)))
    done = execute(tmp_path, source)
    assert done.returncode == 0, done.stderr
    frame = wandb.read(next((tmp_path / "wandb").glob("offline-run-*")))
    assert frame["_runtime"].is_monotonic_increasing
    assert 0.5 < frame["_runtime"].iloc[-1] - frame["_runtime"].iloc[0] < 20


def test_loopback_is_direct(tmp_path: Path) -> None:
    """With a proxy in environment or settings and no `no_proxy`, local servers are reached directly."""
    source = """
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.transport import new_session
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading
class Handler(BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b"direct")
    def log_message(self, *_): pass
server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for proxies in ({}, {"http": "http://127.0.0.1:9"}):
    session = new_session(Network(base_url="http://127.0.0.1", key="x", proxies=proxies))
    for host in ("127.0.0.1", "localhost"):
        assert session.get(f"http://{host}:{server.server_port}/", timeout=5).text == "direct"
    try:
        session.get("http://example.invalid/", timeout=5)
    except Exception as error:
        assert "ProxyError" in type(error).__name__, error
"""
    proxy = "http://127.0.0.1:9"
    environ = {"http_proxy": proxy, "https_proxy": proxy, "HTTP_PROXY": proxy, "no_proxy": "", "NO_PROXY": ""}
    done = execute(tmp_path, source, **environ)
    assert done.returncode == 0, done.stderr
