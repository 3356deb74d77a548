"""The content of a terminal, as lines and as a bounded file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from wandb_nb.capture.console.output_log import OutputLog
from wandb_nb.capture.console.screen import HEIGHT, TerminalScreen

if TYPE_CHECKING:
    from pathlib import Path


def screen_lines(*texts: str) -> list[str]:
    """Return the lines that a terminal shows after *texts*."""
    screen = TerminalScreen()
    for text in texts:
        screen.feed(text)
    return screen.take_final() + screen.live()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", ["a", "b"]),
        ("10%\r100%\rdone\n", ["done"]),
        ("long line\rab\n", ["abng line"]),
        ("abc\b\bX", ["aXc"]),
        ("\x1b[31mred\x1b[0m plain\x1b]0;title\x07!", ["red plain!"]),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", ["link"]),
        ("one\ntwo\n\x1b[2Aone again\r\n", ["one again", "two"]),
        ("abcdef\r\x1b[3C\x1b[K", ["abc"]),
        ("abcdef\x1b[2K\rx", ["x"]),
        ("a\nb\nc\x1b[2A\r\x1b[J", []),
        ("a\tb", ["a       b"]),
        ("\x1b(Btext\x1b=", ["text"]),
        ("before\x1b[H\x1b[2Jafter", ["before", "after"]),
        ("ab\x1b[5Gc", ["ab  c"]),
        ("你好\rx", ["x 好"]),
        ("你好\b\b\b\bxy", ["xy好"]),
        ("x你\b\bz", ["xz"]),
        ("👩‍👩‍👧 e\u0301 🇩🇪 👍🏽\n", ["👩‍👩‍👧 e\u0301 🇩🇪 👍🏽"]),
    ],
)
def test_what_is_shown(text: str, lines: list[str]) -> None:
    """Returns, backspaces, cursor moves and erasures take effect; colours vanish; wide characters stay whole."""
    assert screen_lines(text) == lines


def test_a_real_progress_bar() -> None:
    """Of two nested tqdm bars only the last state remains."""
    written = io.StringIO()
    for _ in tqdm(range(3), file=written, mininterval=0, desc="outer", ncols=60):
        for _ in tqdm(range(50), file=written, mininterval=0, desc="inner", ncols=60, leave=False, position=1):
            pass
    lines = screen_lines(written.getvalue())
    assert [line for line in lines if "outer" in line and "3/3" in line]
    assert len(lines) <= 2


@given(st.text(alphabet=st.sampled_from("ab\n\r\b\t\x1b[]0;2KAJm😀e\u0301\u200d你")), st.integers(0, 30))
def test_pieces_of_any_size(text: str, at: int) -> None:
    """The result does not depend on where the text is split."""
    assert screen_lines(text[:at], text[at:]) == screen_lines(text)


@given(st.text())
def test_any_text_is_accepted(text: str) -> None:
    """No text makes it fail, and no control character remains."""
    for line in screen_lines(text):
        assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in line)


def test_the_file_follows(tmp_path: Path) -> None:
    """After each call the file has exactly the terminal's content, beyond the screen's height too."""
    log, text = OutputLog(tmp_path / "output.log"), ""
    for number in range(3 * HEIGHT):
        piece = f"line {number}\n{number}%\r"
        text += piece
        log.write([("stdout", piece)])
        assert (tmp_path / "output.log").read_text().splitlines() == screen_lines(text)
    log.close()


def test_the_file_is_bounded(tmp_path: Path) -> None:
    """Long output is stored with its beginning and end, and a line in between gives the missing amount."""
    log = OutputLog(tmp_path / "output.log", head=10_000, tail=5_000)
    for number in range(100):
        log.write([("stdout", "".join(f"line {number * 100 + each}\n" for each in range(100)))])
    log.close()
    lines = (tmp_path / "output.log").read_text().splitlines()
    assert lines[0] == "line 0"
    assert lines[-1] == "line 9999"
    assert sum("left out here" in line for line in lines) == 1
    assert (tmp_path / "output.log").stat().st_size < 20_000
