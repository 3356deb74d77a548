"""`init()`, `log()` and `finish()` while their surroundings fail: no call raises what the user did not cause.

Each fault is a real one: limits of the system, full and read-only disks, missing folders, signals.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import wandb_nb as wandb
from wandb_nb.store.runs.registry import Registry

CALLS = ("init", "log", "finish")
NOBODY = 65534
LIMIT = """
def limit(name, number):
    resource.setrlimit(name, (number, resource.getrlimit(name)[1]))
def use_up_descriptors():
    limit(resource.RLIMIT_NOFILE, 60)
    try:
        while True: descriptors.append(os.open(os.devnull, os.O_RDONLY))
    except OSError: pass
def fill_disk():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit(resource.RLIMIT_FSIZE, 0)
class Stream:
    def write(self, text): raise ValueError("broken stream")
    def flush(self): pass
descriptors = []
"""
FAULTS = {
    "no file can grow": "fill_disk()",
    "descriptors closed": "os.close(1); os.close(2)",
    "streams closed": "sys.stdout.close(); sys.stderr.close()",
    "streams missing": "sys.stdout = sys.stderr = None",
    "streams raise": "sys.stdout = sys.stderr = Stream()",
    "terminal full": "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)",
    "working directory deleted": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "registry is a file": "shutil.rmtree(DATA, ignore_errors=True); open(DATA, 'w').close()",
    "no home": "os.environ['HOME'] = '/dev/null/nowhere'",
    "deep recursion": "sys.setrecursionlimit(80)",
    "no arguments": "del sys.argv",
    "odd arguments": "sys.argv = [None, 5, b'x']; sys.modules['__main__'].__file__ = 5",
    "no host name": "import socket; socket.gethostname = os.getlogin = lambda: os.stat('/none')",
}
LATE_FAULTS = {
    "too many open files": "use_up_descriptors()",
    "run directory deleted": "shutil.rmtree(os.path.dirname(run.dir))",
    "workspace deleted": "shutil.rmtree('wandb')",
    "files is a file": "shutil.rmtree(run.dir); open(run.dir, 'w').close()",
    "config.yaml is a folder": "os.makedirs(run.dir + '/config.yaml/x')",
    "segments is a file": "open(run.dir + '/../segments', 'w').close()",
    "side file is a folder": "os.mkdir(glob.glob(run.dir + '/../*.wandb')[0] + '.open')",
}
USER_FAULTS = {
    "no processes or threads": "limit(resource.RLIMIT_NPROC, 1)",
    "home of another user": "os.environ['HOME'] = '/root'",
    "run directory read-only": "[os.chmod(path, 0o555) for path in (run.dir, run.dir + '/..')]",
    "registry read-only": "[os.chmod(path, 0o555) for path, _, _ in os.walk(DATA)]",
}


@pytest.fixture(scope="module")
def other_user() -> None:
    """Skip the test unless another user can run this Python and this package."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("another user is needed: run it as root")
    started = subprocess.run([*as_user(NOBODY), sys.executable, "-c", "import wandb_nb"], check=False, cwd="/")
    if started.returncode:
        pytest.skip("other users cannot run this Python, or not read this package")


def as_user(user: int) -> list[str]:
    """Return the begin of a command that runs as *user*."""
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]


def execute(folder: Path, source: str, *, user: int | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run *source* as a script in *folder*, as the user *user*; it writes "done" to the file of this name."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    place, temporary = folder / "place", folder / "temporary"
    place.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    header = f"import glob, os, resource, shutil, signal, sys, threading, time\nDATA = {str(data)!r}\n"
    program = folder / "program.py"
    program.write_text(header + "import wandb_nb as wandb\n" + LIMIT + source)
    command = [sys.executable, str(program)]
    if user is not None:
        for path in (folder, data, place, temporary):
            os.chown(path, user, user)
        command = [*as_user(user), *command]
    own = {"WANDB_NB_DATA_DIR": str(data), "WANDB_MODE": "offline", "HOME": str(folder), "TMPDIR": str(temporary)}
    return subprocess.run(
        command,
        cwd=place,
        env={**os.environ, **own, **environ},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )


def program(fault: str, call: str) -> str:
    """Return a program in which *fault* occurs just before *call*."""
    steps = {
        "init": "run = wandb.init(project='p')",
        "log": "[run.log({'a': n}) for n in range(3)]; run.log({'b': 1}, step=9); run.log({'c': 2}, step=9)",
        "finish": "run.summary['end'] = 1; run.finish()",
    }
    lines = [line for name, step in steps.items() for line in ([fault] * (name == call) + [step])]
    return "\n".join([*lines, "limit(resource.RLIMIT_FSIZE, -1)", "os._exit(7)"])


def check(done: subprocess.CompletedProcess[str]) -> None:
    """Check that the program reached its end, without a traceback."""
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_before_a_call(tmp_path: Path, fault: str, call: str) -> None:
    """Whatever fails in the surroundings before a call, the program continues to its end."""
    check(execute(tmp_path, program(FAULTS[fault], call)))


def test_no_place_for_a_run(tmp_path: Path) -> None:
    """Where no run directory can be made, one line reports it, and the program continues with a run without storage."""
    done = execute(
        tmp_path, program("import tempfile; tempfile.tempdir = 'wandb/none'; open('wandb', 'w').close()", "init")
    )
    check(done)
    assert done.stderr.count("is stored: ") == 1


@pytest.mark.parametrize("call", CALLS[1:])
@pytest.mark.parametrize("fault", LATE_FAULTS)
def test_a_fault_of_the_run_directory(tmp_path: Path, fault: str, call: str) -> None:
    """Whatever happens to the run directory while the run is active, the program continues to its end."""
    if (fault, call) == ("side file is a folder", "finish"):
        pytest.skip("the side file is there already")
    check(execute(tmp_path, program(LATE_FAULTS[fault], call)))


@pytest.mark.usefixtures("other_user")
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", USER_FAULTS)
def test_a_fault_of_permissions(fault: str, call: str) -> None:
    """What the system does not permit an ordinary user does not stop the program."""
    if call == "init" and "run.dir" in USER_FAULTS[fault]:
        pytest.skip("there is no run directory yet")
    folder = Path("/tmp") / f"wandb-nb-fault-{os.getpid()}"  # noqa: S108 -- pytest's folders are closed to others
    folder.mkdir()
    try:
        check(execute(folder, program(USER_FAULTS[fault], call), user=NOBODY))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.usefixtures("other_user")
def test_no_sync_process_where_online_is_the_default() -> None:
    """Where the sync process cannot be started, a run that is online by default continues on disk, and says so."""
    folder = Path("/tmp") / f"wandb-nb-fault-{os.getpid()}"  # noqa: S108 -- as above
    folder.mkdir()
    try:
        environ = {"WANDB_MODE": "", "WANDB_API_KEY": "0" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9"}
        done = execute(folder, program(USER_FAULTS["no processes or threads"], "init"), user=NOBODY, **environ)
        check(done)
        assert done.stderr.count("the background process could not be started") == 1
        assert len(wandb.read(next(folder.glob("place/wandb/run-*")))) == 4
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_what_fails_at_the_end_costs_only_itself(tmp_path: Path) -> None:
    """With no descriptor left and files that cannot be written, rows, summary and exit code are still stored."""
    done = execute(tmp_path, program("os.makedirs(run.dir + '/config.yaml/x'); use_up_descriptors()", "finish"))
    check(done)
    run = next(tmp_path.glob("place/wandb/offline-run-*"))
    frame = wandb.read(run)
    assert frame["a"].dropna().tolist() == [0, 1, 2]
    assert frame["c"].dropna().tolist() == [2]
    shown = subprocess.run(
        [sys.executable, "-m", "wandb_nb", "show", str(run)], capture_output=True, text=True, check=True, timeout=60
    )
    assert "finished" in shown.stdout


PRESS = """
def press():
    while not run._session.is_finishing: pass
    os.kill(os.getpid(), signal.SIGINT)
run = wandb.init(project="p")
[run.log({"a": n}) for n in range(3)]
threading.Thread(target=press, daemon=True).start()
"""


@pytest.mark.parametrize("end", ["run.finish()\nopen('after', 'w').close()", ""], ids=["finish", "exit"])
def test_ctrl_c_during_the_end(tmp_path: Path, end: str) -> None:
    """Ctrl-C while a run ends is one line: the run is complete, and the program continues."""
    done = execute(tmp_path, PRESS + end)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Ctrl-C was pressed while run") == 1
    assert "Traceback" not in done.stderr
    assert (tmp_path / "place/after").exists() is bool(end)
    entry = Registry(tmp_path / "data").latest()
    assert entry is not None
    assert (entry.state, entry.exit_code) == ("finished", 0)


def test_a_handler_that_finishes_while_the_run_ends(tmp_path: Path) -> None:
    """A signal handler that calls `finish()` in the middle of `finish()` neither waits forever nor ends it twice."""
    source = (
        PRESS.replace("SIGINT", "SIGTERM") + "signal.signal(signal.SIGTERM, lambda *_: run.finish(3))\nrun.finish()"
    )
    done = execute(tmp_path, source)
    assert done.returncode == 0, done.stderr
    entry = Registry(tmp_path / "data").latest()
    assert entry is not None
    assert entry.exit_code == 0
    assert done.stderr.count("finished ·") == 1
