"""`run.reproducibility()`, and the remarks that a run leaves for its views when it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.errors import RunFinishedError
from wandb_nb.store.runs.stored_remarks import FILE, MAX_REMARKS, read_remarks
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb import Run


def stream_of(run: Run) -> RunStream:
    """Return the run as its views read it."""
    assert run.directory is not None
    stream = RunStream(run.directory)
    while stream.advance():
        pass
    return stream


def test_remarks_come_before_it_is_too_late(start: Callable[..., Run], tmp_path: Path) -> None:
    """An active run has its remarks as data, also on an input that was used a moment ago; views get them at its end."""
    (tmp_path / "rows.csv").write_text("1,2")
    run = start(config={"seed": 1})
    kinds = {remark.kind for remark in run.reproducibility().remarks}
    assert kinds - {"packages", "code"} == set()
    artifact = wandb.Artifact("far", "dataset")
    artifact.add_reference((tmp_path / "rows.csv").as_uri())
    run.use_artifact(artifact)
    report = run.reproducibility()
    (remark,) = [remark for remark in report.remarks if remark.kind == "artifacts"]
    assert (remark.text, remark.remedy[:13]) == ("uncategorized/far:v0 refers to 1 file elsewhere", "add the files")
    assert stream_of(run).run_header()["remarks"] is None
    run.finish()
    assert stream_of(run).run_header()["remarks"] == list(map(str, report.remarks))
    assert run.reproducibility().summary == report.summary


def test_a_disabled_run_has_none() -> None:
    """A run that stores nothing says so."""
    with wandb.init(mode="disabled") as run, pytest.raises(RunFinishedError, match="is disabled and stores nothing"):
        run.reproducibility()


@pytest.mark.parametrize("content", ["[1, 2", "{}", "[" * 5000, "[" + '"a",' * 20_000 + '"a"]'])
def test_damaged_remarks_are_none(content: str, start: Callable[..., Run]) -> None:
    """A file of remarks that is damaged or too large is as good as none."""
    run = start()
    run.finish()
    assert run.directory is not None
    (run.directory / FILE).write_text(content)
    assert read_remarks(run.directory) is None


def test_hostile_remarks_stay_texts(start: Callable[..., Run]) -> None:
    """Remarks that somebody else wrote are short lines, not many, and escaped in HTML; no remark is one line, too."""
    run = start()
    run.finish()
    assert run.directory is not None
    (run.directory / FILE).write_text(json.dumps(["<script>harm</script>\n\u202e", 7, *["x" * 400] * 99]))
    remarks = read_remarks(run.directory) or []
    assert len(remarks) == MAX_REMARKS
    assert remarks[:2] == ["<script>harm</script>\ufffd\ufffd", "7"]
    assert max(map(len, remarks)) == 300
    html = bundle(stream_of(run), None)["text/html"]
    assert "<script>" not in html
    assert "reproducible: 20 remarks" in html
    (run.directory / FILE).write_text("[]")
    assert "reproducible: no remarks" in bundle(stream_of(run), None)["text/html"]
