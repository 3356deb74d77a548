"""The example of docs/reproduce.md, run as it is written there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from repeated_runs import call, file_names

PAGE = Path(__file__).parents[2] / "docs" / "reproduce.md"


def test_the_example_runs(tmp_path: Path) -> None:
    """The commands of the page work one after the other and print what the page shows; the folder has what it lists."""
    page = PAGE.read_text("utf-8")
    (script, report), (commands,), (printed,) = (
        re.findall(rf"^```{kind}\n(.*?)^```", page, re.MULTILINE | re.DOTALL) for kind in ("python", "sh", "text")
    )
    offline = script.replace("wandb.init(", 'wandb.init(mode="offline", ')
    (tmp_path / "train.py").write_text(offline)
    output = call("sh", "-ec", commands, folder=tmp_path)
    seed = [line for line in output.splitlines() if "no seed is set" in line]
    assert seed == printed.splitlines()[1:]
    names = {name.split("/")[0] for name in re.findall(r"^\| `([^`]*)` \|", page, re.MULTILINE)}
    assert {path.name for path in (tmp_path / "again").iterdir()} == names
    (tmp_path / "early.py").write_text(f"import wandb_nb as wandb\n{report}".replace("init(", 'init(mode="offline", '))
    lines = call(sys.executable, "early.py", folder=tmp_path).splitlines()
    assert lines[0].startswith("reproducible: ")
    assert lines[1].startswith("['code'"), "the script is not saved"
    assert "train.py" in file_names(tmp_path / "again/code")
