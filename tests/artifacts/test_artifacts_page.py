"""The examples of docs/artifacts.md, run in their order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import wandb_nb as wandb

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).parents[2] / "docs" / "artifacts.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The examples run one after the other, print what their comments say, and download what was logged."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_SILENT", "true")
    (tmp_path / "model.pt").write_text("weights")
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "words.txt").write_text("a b")
    names = {"wandb": wandb}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 -- our own page
    printed = capsys.readouterr().out
    for comment in re.findall(r"print\(.*#  ?(.*)$", "".join(blocks), re.MULTILINE):
        assert comment in printed
    assert (tmp_path / "artifacts/digits-model:v0/tokenizer/words.txt").read_text() == "a b"
    assert len(blocks) >= 2
