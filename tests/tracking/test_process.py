"""A run and its process: exit codes, printed lines, forks, and a second `init()`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb
from wandb_nb.exit_codes import state_of
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.writing.owner_lock import owner_alive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., wandb.Run]
    Script = Callable[..., subprocess.CompletedProcess[str]]


TEE = """
class Tee:
    def __init__(self, stream): self.stream = stream
    def write(self, text): return self.stream.write(text)
    def flush(self): self.stream.flush()
sys.stderr, sys.stdout = Tee(sys.stderr), Tee(sys.stdout)
time.sleep(0.15)
wandb.log({'b': 1})
"""
"""Replaces both streams; the next row that is logged a tenth of a second later has them watched."""


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("", 0),
        ("1 / 0", 1),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit('text')", 1),
        ("import sys; sys.exit()", 0),
        ("raise SystemExit(3)", 3),
        ("def main(): raise SystemExit('text')\nmain()", 1),
        ("try: raise SystemExit(3)\nexcept SystemExit: pass", 0),
        ("try: raise SystemExit(3)\nexcept SystemExit as error: saved = error", 0),
        ("def main(): return 5\nif __name__ == '__main__': raise SystemExit(main())", 5),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit: wandb.log({'b': 1})", 0),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit: pass", 0),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit as error: saved = error\nprint(saved)", 0),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit as error:\n  saved = error\n  raise", 7),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit: sys.exit(8)", 8),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit: 1 / 0", 1),
        ("import sys\ndef main():\n  try: sys.exit(7)\n  except SystemExit as e: error = e\n  raise error\nmain()", 7),
        ("import sys\ntry: sys.exit(7)\nexcept SystemExit as error: saved = error\n1 / 0", 1),
        ("import sys, contextlib\nwith contextlib.suppress(SystemExit): sys.exit(7)", 0),
        ("import sys, contextlib\n@contextlib.contextmanager\ndef block(): yield\nwith block(): sys.exit(7)", 7),
        ("import sys, threading; t = threading.Thread(target=sys.exit, args=(7,)); t.start(); t.join()", 0),
        ("import threading; t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()", 0),
        ("import sys; sys.excepthook = lambda *error: None; 1 / 0", 1),
        ("import sys\ntry: 1 / 0\nexcept ZeroDivisionError: sys.excepthook(*sys.exc_info())", 0),
        ("import atexit, sys; atexit.register(lambda: 1 / 0); atexit.register(sys.exit, 9)", 0),
        ("import sys, time\n" + TEE + "sys.exit(7)", 7),
        ("import sys, time\n" + TEE + "raise SystemExit(7)", 7),
        ("import sys, time\n" + TEE + "1 / 0", 1),
        ("import sys; sys.stderr = None; sys.stdout = None; sys.exit(7)", 7),
        ("raise KeyboardInterrupt", 130),
        ("from signal import *; signal(SIGINT, default_int_handler); raise_signal(SIGINT)", 130),
        ("import sys\nfrom signal import *\nsignal(SIGTERM, lambda *_: sys.exit(143)); raise_signal(SIGTERM)", 143),
    ],
)
def test_a_script_that_ends_finishes_its_run(script: Script, ending: str, code: int) -> None:
    """At interpreter exit the run is finished with the script's exit code."""
    done = script(f"wandb.init(); wandb.log({{'a': 1}})\n{ending}")
    entry = Registry().latest()
    assert entry is not None
    assert done.returncode in ((130, -signal.SIGINT) if code == 130 else (code,)), done.stderr
    assert (entry.state, entry.exit_code) == (state_of(code), code), done.stderr
    assert len(wandb.read(entry.path)) >= 1


def test_an_explicit_exit_code_stays(script: Script) -> None:
    """A run that was finished explicitly keeps its exit code, however the program ends."""
    script("wandb.init(); wandb.finish(3); 1 / 0")
    entry = Registry().latest()
    assert entry is not None
    assert entry.exit_code == 3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import sys; sys.exit(0)", 0),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(143)", 143),
        ("raise SystemExit('text')", 1),
        ("1 / 0", 1),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_a_block_has_the_exit_code_of_its_exception(script: Script, body: str, code: int) -> None:
    """A `with` block left by an exception ends its run with the exit code the program would have."""
    script(f"with wandb.init() as run:\n    run.log({{'a': 1}})\n    {body}")
    entry = Registry().latest()
    assert entry is not None
    assert (entry.state, entry.exit_code) == (state_of(code), code)


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), 15)", "os.kill(os.getpid(), 1)", "os.abort()"])
def test_a_process_without_an_orderly_end_leaves_a_crashed_run(script: Script, ending: str) -> None:
    """A signal, `os._exit()` or an abort leaves no exit record, and the run is listed as crashed."""
    script(f"import os\nwandb.init(); wandb.log({{'a': 1}})\n{ending}")
    entry = Registry().latest()
    assert entry is not None
    assert (entry.exit_code, entry.state, owner_alive(entry.path)) == (None, "running", False)


@pytest.mark.parametrize(
    ("body", "code"),
    [("pass", 0), ("1 / 0", 1), ("import sys; sys.exit(5)", 5), ("raise SystemExit(0)", 0)],
)
def test_a_worker_process_finishes_its_run(script: Script, body: str, code: int) -> None:
    """The run of a forked `multiprocessing` worker ends with the worker's exit code, without atexit."""
    done = script(
        f"""
import multiprocessing
def work():
    wandb.init(name="worker").log({{"a": 1}})
    {body}
process = multiprocessing.get_context("fork").Process(target=work)
process.start(); process.join()
print(process.exitcode)
"""
    )
    entry = Registry().latest()
    assert entry is not None
    assert (entry.name, entry.exit_code, done.stdout) == ("worker", code, f"{code}\n"), done.stderr


def test_a_module_that_ends_finishes_its_run(tmp_path: Path) -> None:
    """`python -m` gives its exit code too, even from a SystemExit raised without `sys.exit()`."""
    (tmp_path / "train.py").write_text("import wandb_nb\nwandb_nb.init()\nraise SystemExit(4)\n", "utf-8")
    done = subprocess.run([sys.executable, "-m", "train"], cwd=tmp_path, capture_output=True, timeout=60, check=False)
    entry = Registry().latest()
    assert entry is not None
    assert (done.returncode, entry.state, entry.exit_code) == (4, "failed", 4)


def test_other_exception_hooks_still_run(script: Script) -> None:
    """An exception hook set before or after `init()` is called as well."""
    done = script("import sys\nsys.excepthook = lambda *e: print('mine', e[1])\nwandb.init()\n1 / 0")
    assert "mine division by zero" in done.stdout


def test_a_script_prints_at_start_and_end(script: Script) -> None:
    """The first line has name, mode and folder; the end has curves, values and the outcome; stdout stays clean."""
    done = script("r = wandb.init(name='n', project='p')\nfor i in range(9): wandb.log({'loss': 9 - i})")
    lines = done.stderr.splitlines()
    assert lines[0].startswith("wandb_nb: run n · project p · offline")
    assert "offline-run-" in lines[0]
    assert "no key" in lines[0]
    assert any("loss" in line and "█" in line and "9 → 1" in line for line in lines)
    assert lines[-1].startswith("wandb_nb: run n finished")
    assert done.stdout == ""


def test_quiet_and_silent(script: Script) -> None:
    """Quiet prints the lines without curves and values; silent prints nothing."""
    source = "wandb.init(name='n')\nwandb.log({'loss': 1})"
    assert [line.split()[1] for line in script(source, WANDB_QUIET="true").stderr.splitlines()] == ["run", "run"]
    done = script(source + "\nwandb.init(name='other')", WANDB_SILENT="true")
    assert (done.stdout, done.stderr) == ("", "")


def test_names_cannot_control_the_terminal(script: Script) -> None:
    """Escape sequences and line breaks in a name are not printed."""
    done = script("wandb.init(name='a\\x1b[31mred\\u202e')")
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


def test_a_forked_child_logs_to_the_run(script: Script) -> None:
    """Rows of forked children join the run, steps are shared, and a child's end does not end the run."""
    done = script(
        """
import os, sys
run = wandb.init()
for i in range(10): run.log({"parent": i})
for child in range(3):
    pid = os.fork()
    if pid == 0:
        for i in range(10): wandb.log({"child": i})
        sys.exit(5)
    os.waitpid(pid, 0)
run.log({"parent": 10})
import time
deadline = time.monotonic() + 10
while run.step <= 30 and time.monotonic() < deadline: run.log({"parent": 11})
run.finish()
"""
    )
    entry = Registry().latest()
    assert entry is not None
    assert (entry.exit_code, done.returncode) == (0, 0), done.stderr
    frame = wandb.read(entry.path)
    assert frame["child"].count() == 30
    assert sorted(frame["child"].dropna()) == sorted(list(range(10)) * 3)
    children = frame[frame["child"].notna()]
    assert sorted(children["_step"]) == list(range(10, 40))
    assert (frame["parent"] < 11).sum() == 11


def test_a_child_may_have_a_run_of_its_own(script: Script) -> None:
    """`init()` in a forked child starts a new run and does not touch its parent's."""
    done = script(
        """
import os, sys
run = wandb.init(name="parent", group="g")
pid = os.fork()
if pid == 0:
    own = wandb.init(name="child", group="g")
    assert own is not run
    own.log({"a": 1})
    own.finish()
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
run.log({"a": 2})
"""
    )
    assert done.returncode == 0, done.stderr
    assert [(entry.name, entry.state) for entry in Registry().all()] == [("child", "finished"), ("parent", "finished")]


def test_reinit(start: Start) -> None:
    """A second `init()` in a script returns the run; True finishes it first; create_new leaves it alone."""
    first = start()
    assert start() is first
    assert start(reinit=False) is first
    second = start(reinit=True)
    assert (first.state, second.state, wandb.run) == ("finished", "running", second)
    third = start(reinit="create_new")
    assert (second.state, third.state, wandb.run) == ("running", "running", second)
    start(reinit="finish_previous")
    assert {second.state, third.state} == {"finished"}


def test_runs_in_a_loop(start: Start) -> None:
    """`with` and `reinit=True` in loops give each iteration its own run."""
    ids = set()
    for number in range(3):
        with start() as run:
            run.log({"a": number})
            ids.add(run.id)
    for _ in range(3):
        ids.add(start(reinit=True).id)
    assert len(ids) == 6


def test_a_disabled_run_touches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disabled mode accepts every call, config and summary still work, and no file is written."""
    monkeypatch.chdir(tmp_path)
    run = wandb.init(mode="disabled", config={"lr": 0.1}, settings={"silent": True})
    run.log({"a": 1})
    run.log({"a": object()})
    wandb.log({"a": 2, "b": 3}, step=-1)
    run.define_metric("a", summary="max")
    run.mark_preempting()
    artifact: Any = run.log_artifact("x", type="y")  # type: ignore[attr-defined]
    artifact.wait().anything.at_all()
    run.summary["best"] = 4
    assert (run.config.lr, run.summary["a"], run.summary.best) == (0.1, 1, 4)
    assert run.disabled
    assert run.name.startswith("dummy-")
    run.finish()
    run.log({"after": 1})
    assert list(tmp_path.iterdir()) == []
    assert Registry().all() == []
    assert wandb.run is None


def test_the_documented_dryrun(script: Script, tmp_path: Path) -> None:
    """`WANDB_MODE` set after the import makes an offline folder that the official sync accepts."""
    done = script("import os\nos.environ['WANDB_MODE'] = 'dryrun'\nwandb.init()\nwandb.log({'a': 1})")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "wandb").glob("offline-run-*-*/run-*.wandb"))) == 1


def test_force_needs_a_key(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`force=True` online without a key is a UsageError; without it the run goes offline."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    with pytest.raises(wandb.UsageError, match="login"):
        start(mode="online", force=True)
    assert start(mode="online").offline


def test_an_unwritable_folder_falls_back(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the folder cannot be written, the run is stored in a temporary one, and one line reports it."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    blocked = tmp_path / "file"
    blocked.write_text("")
    run = start(dir=blocked, settings={})
    run.log({"a": 1})
    assert run.directory is not None
    assert run.directory.is_relative_to(tmp_path / "temporary")
    assert "cannot be written" in capsys.readouterr().err


def test_a_full_disk_is_reported_once(script: Script) -> None:
    """When the file may not grow, one line reports it, training continues, and the lost rows are counted at the end."""
    done = script(
        """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
run = wandb.init(settings={"x_save_requirements": False})
run._session.directory.metadata.join()
resource.setrlimit(resource.RLIMIT_FSIZE, (run.file.stat().st_size + 5000, -1))
for i in range(1000): run.log({"a": i})
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
run.log({"a": 1000})
print(run.lost)
"""
    )
    lost = int(done.stdout)
    assert 0 < lost < 1000
    assert done.stderr.count("cannot be written") == 1
    assert f"{lost} rows lost" in done.stderr
    frame = wandb.read("latest")
    assert len(frame) == 1001 - lost
    assert frame["a"].iloc[-1] == 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_store_error_is_raised_on_demand(script: Script) -> None:
    """`on_store_error="raise"` turns a failed write into a StoreError from that `log()`."""
    done = script(
        """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
run = wandb.init(settings=wandb.Settings(on_store_error="raise", x_save_requirements=False, silent=True))
run._session.directory.metadata.join()
resource.setrlimit(resource.RLIMIT_FSIZE, (run.file.stat().st_size + 500, -1))
try:
    for i in range(100): run.log({"a": i})
except wandb.StoreError as error:
    print("raised", i)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
"""
    )
    assert done.stdout.startswith("raised"), done.stderr
