"""The artifact versions that a run logged, with their steps: stored by the run, in the messages of its views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import wandb_nb as wandb
from wandb_nb.store.reading.version_log import FILE
from wandb_nb.view.message.header_fields import MIME
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def log_text(run: wandb.Run, text: str, name: str = "model") -> None:
    """Log an artifact whose one file has *text*."""
    artifact = wandb.Artifact(name, type="model")
    with artifact.new_file("a.txt") as file:
        file.write(text)
    run.log_artifact(artifact)


def followed(run: wandb.Run) -> RunStream:
    """Return a stream of *run* that has read everything."""
    assert run.directory is not None
    stream = RunStream(run.directory)
    while stream.advance():
        pass
    return stream


def versions(header: Any) -> list[tuple[str, int | None, int | None]]:
    """Return name, step and attempt of the versions in a *header*."""
    return [(each["name"], each["step"], each["attempt"]) for each in header["artifacts"]]


def test_versions_have_the_step_of_the_row_before_them(start: Callable[..., wandb.Run]) -> None:
    """A version has the step of the newest row, parts of an open one included, and the attempt; a saved view has it."""
    run = start(project="p")
    log_text(run, "data", "data")
    run.log({"loss": 3})
    run.log({"loss": 2})
    log_text(run, "one")
    run.log({"loss": 1}, step=20)
    log_text(run, "two")
    log_text(run, "one")
    run.log({"loss": 2}, step=5)
    log_text(run, "three")
    expected = [
        ("data:v0", None, 0),
        ("model:v0", 1, 0),
        ("model:v1", 20, 0),
        ("model:v0", 20, 0),
        ("model:v2", 5, 1),
    ]
    stream = followed(run)
    assert versions(stream.message().header) == expected
    assert versions(bundle(stream, None)[MIME]) == expected
    assert {each["type"] for each in stream.message().header["artifacts"] or []} == {"model"}
    assert run.use_artifact("model:v1").history_step == 20


def test_only_new_versions_are_sent_again(start: Callable[..., wandb.Run]) -> None:
    """A view gets the versions once, and all of them again after another one was logged."""
    run = start(project="p")
    log_text(run, "one")
    stream = followed(run)
    first = stream.message().header
    assert stream.message(first["cursor"]).header["artifacts"] is None
    log_text(run, "two")
    assert versions(stream.message(first["cursor"]).header) == [("model:v0", None, 0), ("model:v1", None, 0)]


def test_a_resumed_run_has_the_versions_of_its_earlier_parts(start: Callable[..., wandb.Run], tmp_path: Path) -> None:
    """The journals of all directories of a run are read, and rows of the earlier part count as rows before."""
    run = start(project="p", id="again", dir=tmp_path)
    run.log({"loss": 1})
    log_text(run, "one")
    run.finish()
    run = start(project="p", id="again", dir=tmp_path, resume="must")
    log_text(run, "two")
    assert versions(followed(run).message().header) == [("model:v0", 0, 0), ("model:v1", 0, 0)]


def test_damaged_lines_are_skipped(start: Callable[..., wandb.Run]) -> None:
    """Lines of another form, and one that is not complete, leave the others readable."""
    run = start(project="p")
    log_text(run, "one")
    assert run.directory is not None
    journal = run.directory / FILE
    line = journal.read_bytes()
    broken = [b"[]\n", b'{"name": 1}\n', b"\xff\n", line.replace(b'"step":null', b'"step":"1"'), line, line[:-9]]
    journal.write_bytes(b"".join(broken))
    assert versions(followed(run).message().header) == [("model:v0", None, 0)]
