"""Tab completion in the shell, asked as the shells ask."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from wandb_nb.cli import main; main()"]


@pytest.fixture(autouse=True)
def _two_runs(tmp_path: Path) -> None:
    settings = wandb.Settings(silent=True)
    for name in ("first", "with blank"):
        with wandb.init(
            dir=tmp_path, project="digits", group="g1", name=name, mode="offline", settings=settings
        ) as run:
            run.log({"loss": 1.0})


def offered(line: str) -> dict[str, str]:
    """Return what zsh offers at the end of *line*, each with its description."""
    asked = {"_WANDB_NB_COMPLETE": "zsh_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()))}
    done = subprocess.run(
        COMMAND, env=os.environ | asked, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    rows = done.stdout.splitlines()
    return {word: text for kind, word, text in zip(rows[::3], rows[1::3], rows[2::3], strict=True) if kind == "plain"}


def test_runs_are_offered_with_their_kind() -> None:
    """A command that takes a run offers ids, names and `latest`, each described; a name with blanks by its id only."""
    words = offered("wandb-nb show ")

    assert {"latest", "latest~1", "first"} <= set(words)
    assert "with blank" not in words
    assert len(words) == 5
    assert words["first"].startswith("run first · finished · digits · ")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wandb-nb ls --project ", {"digits": "project"}),
        ("wandb-nb compare --group ", {"g1": "group"}),
        ("wandb-nb diff first latest ", {"loss": "metric"}),
    ],
)
def test_other_values_are_offered(line: str, expected: dict[str, str]) -> None:
    """Projects, groups and metrics of this machine are offered where a command takes them."""
    assert expected.items() <= offered(line).items()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(shell: str) -> None:
    """`wandb-nb completion` prints the script of each shell, which calls this program."""
    if shell == "bash":
        pytest.importorskip("shutil").which("bash") or pytest.skip("there is no bash")
    done = subprocess.run(
        [*COMMAND, "completion", shell], capture_output=True, encoding="utf-8", timeout=60, check=True
    )

    assert f"_WANDB_NB_COMPLETE={shell}_complete" in done.stdout
