"""Printed output in the run file and in `output.log`: real scripts, streams, descriptors and terminals."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from wandb_nb.capture.console.console import Console
from wandb_nb.capture.console.output_log import OutputLog
from wandb_nb.capture.console.stream_hooks import StreamHook
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.record_types import FilesRecord, OutputRecord
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Script = Callable[..., subprocess.CompletedProcess[bytes]]

SILENT = "import wandb_nb as wandb, sys, os\nrun = wandb.init(settings={'silent': True, 'console': '%s'})\n"


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Return a function that runs a script which starts a silent run with a console mode."""

    def run(source: str, mode: str = "wrap", **options: object) -> subprocess.CompletedProcess[bytes]:
        (tmp_path / "script.py").write_text(SILENT % mode + source, "utf-8")
        command = [sys.executable, "script.py"]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(command, cwd=tmp_path, timeout=60, check=False, **streams)  # type: ignore[call-overload]

    return run


def log(folder: Path) -> str:
    """Return the text log of the newest run."""
    return (folder / "wandb/latest-run/files/output.log").read_text("utf-8")


def stored(folder: Path) -> list[OutputRecord]:
    """Return the output records of the newest run."""
    decoded = map(decode, Tail(run_file(folder / "wandb/latest-run")).read())
    return [record for record in decoded if isinstance(record, OutputRecord)]


@pytest.mark.parametrize("mode", ["wrap", "redirect"])
def test_prints_are_shown_and_stored(script: Script, tmp_path: Path, mode: str) -> None:
    """Both streams reach their earlier targets, the run file and the log."""
    done = script("print('to out 😀'); print('to err', file=sys.stderr); print('a\\rb')", mode)
    assert done.stdout.decode() == "to out 😀\na\rb\n"
    assert done.stderr == b"to err\n"
    assert sorted(log(tmp_path).split("\n")) == ["", "b", "to err", "to out 😀"]
    texts = {stream: "".join(each.text for each in stored(tmp_path) if each.stream == stream) for stream in STREAMS}
    assert texts == {"stdout": "to out 😀\na\rb\n", "stderr": "to err\n"}


STREAMS = ("stdout", "stderr")


def test_redirect_captures_c_code_and_subprocesses(script: Script, tmp_path: Path) -> None:
    """Output that C code and programs write to the descriptors is captured by redirect, not by wrap."""
    source = "import ctypes, subprocess; ctypes.CDLL(None).puts(b'from C'); subprocess.run(['echo', 'from echo'])"
    assert b"from C" in script(source, "redirect").stdout
    assert {"from C", "from echo"} <= set(log(tmp_path).splitlines())
    assert b"from C" in script(source, "wrap").stdout
    assert not (tmp_path / "wandb/latest-run/files/output.log").exists()


def test_off_stores_nothing(script: Script, tmp_path: Path) -> None:
    """With console off nothing is stored."""
    assert script("print('text')", "off").stdout == b"text\n"
    assert stored(tmp_path) == []


@pytest.mark.parametrize("mode", ["wrap", "redirect"])
@pytest.mark.parametrize("ending", ["1 / 0", "with run: 1 / 0", "import logging; logging.exception('x'); 1 / 0"])
def test_the_last_traceback_is_in_the_log(script: Script, tmp_path: Path, ending: str, mode: str) -> None:
    """The traceback of the exception that ends a script is stored, even if `with` ends the run before it is printed."""
    assert b"ZeroDivisionError" in script(ending, mode).stderr
    assert "ZeroDivisionError: division by zero" in log(tmp_path)


def test_an_earlier_logging_handler_is_captured(tmp_path: Path) -> None:
    """Handlers created before `init()` are captured too, since the stream remains the same object."""
    source = (
        "import logging, sys; logging.basicConfig(stream=sys.stderr); before = sys.stderr\n"
        + SILENT % "auto"
        + "logging.warning('careful'); assert sys.stderr is before; run.finish(); assert 'write' not in vars(before)"
    )
    subprocess.run([sys.executable, "-c", source], cwd=tmp_path, check=True, capture_output=True)
    assert "WARNING:root:careful" in log(tmp_path)


def test_secrets_do_not_reach_the_disk(script: Script, tmp_path: Path) -> None:
    """Keys of known shape and of the environment are output but not stored, even if printed in pieces."""
    source = (
        "print('sk-abcd12345'); print(os.environ['MY_TOKEN'])\nfor c in 'hf_abcdefgh123': print(c, end='')\nprint()\n"
        "for c in 'ghp_abcdefgh1234567': print(c, end=''); print('other', file=sys.stderr)\nprint()"
    )
    done = script(source, env={**os.environ, "MY_TOKEN": "canary-canary"})
    assert b"canary-canary" in done.stdout
    stored_bytes = b"".join(path.read_bytes() for path in (tmp_path / "wandb").rglob("*") if path.is_file())
    secrets = (b"sk-abcd12345", b"canary-canary", b"hf_abcdefgh123", b"ghp_abcdefgh")
    assert not [secret for secret in secrets if secret in stored_bytes]
    assert log(tmp_path).count("[redacted]") == 4


def test_a_terminal_remains_a_terminal(tmp_path: Path) -> None:
    """At a terminal, redirected streams are still terminals, and bytes pass unchanged."""
    (tmp_path / "script.py").write_text(SILENT % "redirect" + "print(os.isatty(1), sys.stdout.isatty()); run.finish()")
    ours, theirs = pty.openpty()
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    output = os.read(ours, 10_000)
    os.close(ours)
    assert done.returncode == 0
    assert output == b"True True\r\n"
    assert log(tmp_path) == "True True\n"


def test_prints_survive_a_killed_process(script: Script, tmp_path: Path) -> None:
    """Output printed just before the process is killed is in the log."""
    source = "print('last words', flush=True)\nimport time, signal\np = wandb.run.dir + '/output.log'\n"
    source += "while not os.path.exists(p) or 'words' not in open(p).read(): time.sleep(0.01)\n"
    script(source + "os.kill(os.getpid(), signal.SIGKILL)")
    assert log(tmp_path) == "last words\n"
    assert [each.text for each in stored(tmp_path)] == ["last words\n"]


@pytest.mark.parametrize("mode", ["wrap", "redirect"])
def test_forked_children_print_as_before(script: Script, tmp_path: Path, mode: str) -> None:
    """A forked child's prints are output, and the child and its end do not disturb the parent's capture."""
    source = "pid = os.fork()\nif not pid: print('child', flush=True); os._exit(0)\nos.waitpid(pid, 0); print('parent')"
    assert sorted(script(source, mode).stdout.split()) == [b"child", b"parent"]
    assert "parent" in log(tmp_path)


def test_prints_of_signal_handlers_and_threads(script: Script, tmp_path: Path) -> None:
    """Prints from signal handlers during prints, and from many threads, all arrive without a deadlock."""
    source = """
import signal, threading
count = 0
def ring(*_):
    global count; count += 1; os.write(1, b''); sys.stderr.write('ring\\n')
signal.signal(signal.SIGALRM, ring); signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
threads = [threading.Thread(target=lambda: [sys.stderr.write('t\\n') for _ in range(2000)]) for _ in range(4)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
signal.setitimer(signal.ITIMER_REAL, 0); print(count)
"""
    count = int(script(source).stdout)
    lines = "".join(each.text for each in stored(tmp_path)).splitlines()
    assert (lines.count("t"), lines.count("ring")) == (8000, count)


def test_two_runs_capture_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two consoles share a stream; each gets everything from its start to its stop, and the stream is restored."""
    texts: dict[str, list[bytes]] = {"a": [], "b": []}
    consoles = {name: console(tmp_path / name, texts[name]) for name in texts}
    consoles["a"].start("wrap")
    print("one")  # noqa: T201
    consoles["b"].start("wrap")
    print("two")  # noqa: T201
    consoles["a"].stop()
    print("three")  # noqa: T201
    consoles["b"].stop()
    assert "write" not in vars(sys.stdout)
    assert (tmp_path / "a").read_text() == "one\ntwo\n"
    assert (tmp_path / "b").read_text() == "two\nthree\n"
    assert capsys.readouterr().out == "one\ntwo\nthree\n"
    assert isinstance(decode(b"\x08\x01" + texts["a"][-1]), FilesRecord)


def console(path: Path, bodies: list[bytes]) -> Console:
    """Return a console that stores its records in a list."""
    return Console(
        lambda *new: bodies.extend(new), OutputLog(path), redact=lambda text: text, report_failure=pytest.fail
    )


def test_a_disk_that_fails_costs_the_log_only(tmp_path: Path) -> None:
    """If the log cannot be written, the records are still written, and one notice reports it."""
    bodies: list[bytes] = []
    notices: list[str] = []
    log = OutputLog(tmp_path / "no/such/folder")
    broken = Console(lambda *new: bodies.extend(new), log, redact=str, report_failure=notices.append)
    broken.start("wrap")
    print("text")  # noqa: T201
    broken.stop()
    print("after")  # noqa: T201
    assert len(notices) == 1
    assert len(bodies) == 1


def test_a_foreign_wrapper_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """A `write` that replaced ours stays at the end and still works."""
    heard: list[str] = []
    end = StreamHook.listen("stdout", lambda _name, text: heard.append(text))
    ours = sys.stdout.write

    def theirs(text: str) -> int:
        return ours(text.upper())

    sys.stdout.write = theirs  # type: ignore[method-assign]
    try:
        print("a", end="")  # noqa: T201
        end()
        print("b", end="")  # noqa: T201
        assert sys.stdout.write is theirs
    finally:
        del sys.stdout.write
    assert heard == ["A", ""]
    assert capsys.readouterr().out == "AB"


def test_a_slow_store_gets_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`stop()` waits while text is stored, however slowly; one that is stuck is left after a while, and reported."""
    monkeypatch.setattr("wandb_nb.capture.console.console._STALL_SECONDS", 1.0)
    appended: list[bytes] = []
    failures: list[str] = []
    stuck, released = threading.Event(), threading.Event()

    def append(*bodies: bytes) -> None:
        time.sleep(0.3)
        if stuck.is_set():
            released.wait(60)
        appended.extend(bodies)

    def console() -> Console:
        log = OutputLog(tmp_path / "output.log")
        return Console(append, log, redact=lambda text: text, report_failure=failures.append)

    slow = console()
    assert slow.start_thread()
    for _ in range(5):
        slow.write("stdout", "x" * (1 << 20))
    slow.stop()
    assert len(b"".join(appended)) > 5 << 20
    assert failures == []

    stuck.set()
    blocked = console()
    assert blocked.start_thread()
    blocked.write("stdout", "y")
    blocked.stop()
    released.set()
    assert failures == ["the end of the console was not stored within 1 s"]
    blocked.stop()
