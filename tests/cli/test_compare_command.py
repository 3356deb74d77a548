"""`wandb-nb diff` and `wandb-nb compare` as processes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from pathlib import Path


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command and return the result."""
    command = [sys.executable, "-m", "wandb_nb", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8")


@pytest.fixture
def runs(tmp_path: Path) -> list[wandb.Run]:
    """Return two runs that differ in a config value, each with a script."""
    run_list = []
    for name, rate in (("slow", 0.1), ("fast", 0.5)):
        settings = wandb.Settings(silent=True)
        with wandb.init(
            dir=tmp_path, name=name, config={"lr": rate, "width": 64}, mode="offline", settings=settings
        ) as run:
            for step in range(20):
                run.log({"loss": 1 / (1 + rate * step)})
        assert run.directory is not None
        code = run.directory / "files" / "code"
        code.mkdir(exist_ok=True)
        (code / "train.py").write_text(f"import wandb\nrate = {rate}\n")
        run_list.append(run)
    return run_list


@pytest.mark.usefixtures("runs")
def test_diff_shows_the_differences() -> None:
    """The tables name the differing key with both values, the curves name the lower run, the script's line is shown."""
    done = cli("diff", "latest~1", "fast")
    assert (done.returncode, done.stderr) == (0, "")
    assert "fast is lower at 95 % of 20 common points" in done.stdout
    assert "    -rate = 0.1\n    +rate = 0.5\n" in done.stdout
    (row,) = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("lr ")]
    assert row == ["lr", "0.1", "0.5", "+0.4", "(+400", "%)"]
    assert "width" not in done.stdout


def test_json_has_one_value_per_run(runs: list[wandb.Run]) -> None:
    """As JSON every key has its value per run, with its type."""
    answer = json.loads(cli("diff", runs[0].id, runs[1].id, "--json").stdout)
    assert answer["config"] == [
        {"key": "lr", "same": False, "values": {"slow": 0.1, "fast": 0.5}},
        {"key": "width", "same": True, "values": {"slow": 64, "fast": 64}},
    ]
    assert [run["name"] for run in answer["runs"]] == ["slow", "fast"]
    assert [run["name"] for run in json.loads(cli("compare", "--last", "2", "--json").stdout)["runs"]] == [
        "slow",
        "fast",
    ]


@pytest.mark.usefixtures("runs")
def test_an_unknown_run() -> None:
    """An unknown run gives one line with the nearest name, and exit code 2."""
    done = cli("diff", "slwo", "fast")
    assert done.returncode == 2
    assert "did you mean 'slow'?" in done.stderr
    assert done.stderr.count("\n") == 1
