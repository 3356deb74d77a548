"""Lines of several streams, and the files they fill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.capture.test_screen import screen_lines
from wandb_nb.capture.console.output_log import OutputParts
from wandb_nb.capture.console.screen import HEIGHT
from wandb_nb.capture.console.transcript import MAX_LIVE_LINES, Transcript

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(alphabet=st.sampled_from("ab\n\r\x1b[2KJA"), max_size=12)


def lines(transcript: Transcript) -> list[tuple[str, str]]:
    """Return all lines of *transcript*, once."""
    return [(line.stream, line.text) for line in transcript.take_final() + transcript.live()]


def test_streams_do_not_break_into_each_other() -> None:
    """A bar on one stream is one line with its last state, whatever the other stream prints."""
    transcript = Transcript()
    for percent in range(101):
        transcript.feed("stderr", f"\r{percent}%")
        transcript.feed("stdout", f"step {percent}\n" if percent % 10 == 0 else "")
    assert lines(transcript) == [("stderr", "100%"), *(("stdout", f"step {n}") for n in range(0, 101, 10))]


@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), TEXT)))
def test_each_stream_is_as_it_would_be_alone(pieces: list[tuple[str, str]]) -> None:
    """Each stream has the lines that a terminal would show for it alone."""
    transcript, lines_read = Transcript(), []
    for stream, text in pieces:
        transcript.feed(stream, text)
        lines_read += transcript.take_final()
    lines_read += transcript.live()
    for stream in ("stdout", "stderr"):
        alone = screen_lines(*(text for which, text in pieces if which == stream))
        assert [line.text for line in lines_read if line.stream == stream] == alone


def test_an_endless_line_does_not_block_others() -> None:
    """Lines after an endless bar become final; later text of the bar is a new line."""
    transcript, final = Transcript(), []
    transcript.feed("stderr", "0%")
    for number in range(10 * MAX_LIVE_LINES):
        transcript.feed("stdout", f"{number}\n")
        final += transcript.take_final()
        assert len(transcript.live()) <= MAX_LIVE_LINES
    assert final[0].text == "0%"
    transcript.feed("stderr", "\r100%")
    texts = [line.text for line in final + transcript.live()]
    assert texts == ["0%", *map(str, range(10 * MAX_LIVE_LINES)), "100%"]


def test_the_time_of_a_line() -> None:
    """A line has the time of its last change."""
    transcript = Transcript()
    for time, text in enumerate(["a\n", "10%", "\r10%", "\r20%", "\nb\n"]):
        transcript.feed("stdout", text, time)
    assert [(line.text, line.changed) for line in transcript.live()] == [("a", 0), ("20%", 3), ("b", 4)]


def test_parts(tmp_path: Path) -> None:
    """A part ends when it has its size; together the parts contain every line once, in order."""
    parts, ended = OutputParts(tmp_path, max_bytes=1000, max_seconds=0), []
    for number in range(3 * HEIGHT):
        ended += parts.write([("stdout", f"line {number}\n")])
    ended += parts.close()
    assert len(ended) > 2
    texts = [(tmp_path / name).read_text() for name in ended]
    assert all(1000 <= len(text) < 1100 for text in texts[:-1])
    assert "".join(texts) == "".join(f"line {number}\n" for number in range(3 * HEIGHT))


def test_parts_by_age(tmp_path: Path) -> None:
    """A part that is old enough ends with the next output; without limits there is one part."""
    parts = OutputParts(tmp_path, max_bytes=0, max_seconds=1e-9)
    names = [*parts.write([("stdout", "a")]), *parts.write([("stdout", "\rb")]), *parts.close()]
    assert [(tmp_path / name).read_text() for name in names] == ["a\n", "b\n"]
    one = OutputParts(tmp_path / "one", max_bytes=0, max_seconds=0)
    (tmp_path / "one").mkdir()
    assert [*one.write([("stdout", "a\n")]), *one.write([("stdout", "b\n")])] == []
    assert [(tmp_path / "one" / name).read_text() for name in one.close()] == ["a\nb\n"]
