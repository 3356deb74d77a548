"""Console: captured output and its storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from claimed import run

from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.record_types import OutputRecord
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from pathlib import Path

PRINTS = r"""
    import ctypes, subprocess
    run = wandb.init(settings={"silent": True, "console": MODE})
    for i in range(101): print(f"\r{i}% |{'#' * (i // 10)}|", end="", file=sys.stderr)
    for i in range(3): print(f"step {i}")
    print(file=sys.stderr)
    print("\x1b[1;32mgreen\x1b[0m 👩‍👩‍👧‍👦 🇩🇪 e\u0301 漢字", flush=True)
    os.write(1, b"os.write\n")
    libc = ctypes.CDLL(None); libc.puts(b"libc"); libc.fflush(None)
    subprocess.run(["echo", "subprocess"])
    print("no newline", end="")
    raise ValueError("the end")
"""
PYTHON = ["100% |##########|", "step 0", "step 1", "step 2", "green 👩‍👩‍👧‍👦 🇩🇪 e\u0301 漢字", "no newline"]
OTHERS = ["os.write", "libc", "subprocess"]


@pytest.mark.parametrize(
    ("mode", "heard", "unheard"),
    [("auto", PYTHON, OTHERS), ("wrap", PYTHON, OTHERS), ("redirect", PYTHON + OTHERS, []), ("off", [], PYTHON)],
)
def test_each_mode_captures_its_sources(tmp_path: Path, mode: str, heard: list[str], unheard: list[str]) -> None:
    """Each mode captures its documented sources, as whole lines in their last state without colours."""
    done = run(tmp_path, PRINTS.replace("MODE", repr(mode)))
    assert done.returncode == 1
    for text in ("\x1b[1;32mgreen\x1b[0m 👩‍👩‍👧‍👦", "os.write\n", "libc\n", "subprocess\n", "no newline"):
        assert text in done.stdout, "the user sees what was printed, unchanged"
    assert "99% |#########|\n100%" in done.stderr, "read as text, where a return ends a line"
    assert "ValueError: the end" in done.stderr
    log = tmp_path / "wandb/latest-run/files/output.log"
    if mode == "off":
        assert not log.exists()
        return
    lines = log.read_text("utf-8").splitlines()
    assert [line for line in heard if line not in lines] == []
    assert [line for line in unheard if line in lines] == []
    assert {"Traceback (most recent call last):", "ValueError: the end"} <= set(lines)
    records = map(decode, Tail(run_file(tmp_path / "wandb/latest-run")).read())
    raw = [(each.stream, each.text) for each in records if isinstance(each, OutputRecord)]
    assert "\x1b[1;32mgreen" in "".join(text for stream, text in raw if stream == "stdout")
    assert "99%" in "".join(text for stream, text in raw if stream == "stderr")


def test_bounded(tmp_path: Path) -> None:
    """Of 45 MB of output the log has the beginning and the end, and the run file the first 32 MB."""
    source = """
        wandb.init(settings={"silent": True})
        for i in range(45): print(f"line {i}\\n" + ("x" * 99 + "\\n") * 10_000, end="")
    """
    assert run(tmp_path, source).returncode == 0
    folder = tmp_path / "wandb/latest-run"
    text = (folder / "files/output.log").read_text()
    assert len(text) < 10_000_000
    assert text.startswith("line 0\n")
    assert text.endswith("x\n")
    assert 30 << 20 < run_file(folder).stat().st_size < 36 << 20


def test_multipart(tmp_path: Path) -> None:
    """With console_multipart the text is in separate files below `logs/`, without an `output.log`."""
    source = """
        wandb.init(settings={"silent": True, "console_multipart": True})
        print("one"); print("two")
    """
    assert run(tmp_path, source).returncode == 0
    files = tmp_path / "wandb/latest-run/files"
    (part,) = (files / "logs").glob("output_*.log")
    assert part.read_text() == "one\ntwo\n"
    assert not (files / "output.log").exists()
