"""`wandb-nb login`, `online`, `offline`, `disabled` and `settings`, as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

KEY = "0123456789" * 4


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Return a function that runs Python with arguments in the test's folder, which is also its home."""

    def run(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path), "NETRC": str(tmp_path / "netrc"), **environment},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_the_mode_of_a_folder(command: Command, mode: str) -> None:
    """After `wandb-nb offline` runs of the folder are offline by default; the environment takes precedence."""
    source = "import wandb_nb as wandb; print(wandb.init(settings={'silent': True}).mode)"
    assert command("-m", "wandb_nb", mode).returncode == 0
    assert command("-c", source).stdout.split() == [mode]
    other = {"offline": "disabled", "disabled": "offline"}[mode]
    assert command("-c", source, WANDB_MODE=other).stdout.split() == [other]
    changed = command("-m", "wandb_nb", "online", WANDB_MODE=mode)
    assert "WANDB_MODE" in changed.stderr


@pytest.mark.parametrize(("arguments", "typed"), [([KEY], ""), (["-"], KEY + "\n")])
def test_login_stores_the_key(command: Command, tmp_path: Path, arguments: list[str], typed: str) -> None:
    """A key given as argument or on stdin is in the netrc file, for its owner only, and is never printed."""
    done = command("-m", "wandb_nb", "login", *arguments, typed=typed)
    assert done.returncode == 0, done.stderr
    assert KEY in (tmp_path / "netrc").read_text("utf-8")
    assert (tmp_path / "netrc").stat().st_mode & 0o77 == 0
    assert KEY not in done.stdout + done.stderr


def test_login_without_a_terminal(command: Command) -> None:
    """Without a key and a terminal it ends immediately with exit code 1 and a remedy."""
    done = command("-m", "wandb_nb", "login")
    assert done.returncode == 1
    assert "WANDB_API_KEY" in done.stderr


def test_an_invalid_key_is_refused(command: Command, tmp_path: Path) -> None:
    """A text that cannot be a key gives one error line, and nothing is stored."""
    done = command("-m", "wandb_nb", "login", "short")
    assert done.returncode == 1
    assert done.stderr.startswith("wandb-nb: ")
    assert not (tmp_path / "netrc").exists()


def test_settings_show_value_and_source(command: Command) -> None:
    """Settings are listed with value and source, secrets hidden; JSON has every setting."""
    environment = {"WANDB_PROJECT": "p", "WANDB_API_KEY": KEY, "WANDB_NO_SUCH": "1"}
    done = command("-m", "wandb_nb", "settings", **environment)
    assert any(line.split() == ["project", "p", "environment", "WANDB_PROJECT"] for line in done.stdout.splitlines())
    assert "WANDB_NO_SUCH" in done.stderr
    assert KEY not in done.stdout + done.stderr
    settings = json.loads(command("-m", "wandb_nb", "settings", "--json", **environment).stdout)
    assert settings["project"] == {"value": "p", "source": "environment WANDB_PROJECT"}
    assert settings["mode"] == {"value": "online", "source": "default"}
    assert KEY not in json.dumps(settings)
    assert "start_method" in command("-m", "wandb_nb", "settings", "--all").stdout
