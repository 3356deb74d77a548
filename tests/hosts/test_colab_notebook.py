"""The Colab notebook in an emulation of Colab, from top to bottom: offline, and online with a thread."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from emulated import HOSTS
from executed import execute, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kernel
UNASKED = ('settings = wandb.Settings(start_method="thread")', "settings = wandb.Settings()")


@pytest.fixture
def colab(monkeypatch: pytest.MonkeyPatch) -> str:
    """Set Colab's environment, and return the code it runs before the first cell."""
    for name, value in HOSTS["colab"].variables.items():
        monkeypatch.setenv(name, value)
    assert any(UNASKED[0] in cell.source for cell in read("colab_thread").cells)
    return HOSTS["colab"].before


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Return address and key of a running server."""
    folder = tmp_path / "server"
    command = [sys.executable, "-m", "wandb_nb", "server", "--port", "0", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address is not None
        yield address[0], (folder / "key").read_text()
        process.terminate()


def ask(server: tuple[str, str], query: str) -> Any:
    """Return the server's answer to a GraphQL query."""
    answer = httpx.post(f"{server[0]}/graphql", json={"query": query}, auth=("api", server[1])).json()
    assert "errors" not in answer, answer
    return answer["data"]


def test_offline(colab: str, tmp_path: Path) -> None:
    """Without a key the whole notebook runs, asks no question, and shows its chart."""
    done = execute("colab_thread", tmp_path, before=colab, replaced=UNASKED)

    (run,) = done.runs
    assert (run["run"]["state"], run["run"]["rows"]) == ("finished", 150)
    assert "processes: []" in done.printed


def test_online(colab: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: tuple[str, str]) -> None:
    """With a key a thread, selected automatically, sends every row without another process."""
    monkeypatch.setenv("WANDB_BASE_URL", server[0])
    monkeypatch.setenv("WANDB_API_KEY", server[1])
    folder = tmp_path / "session"
    folder.mkdir()

    done = execute("colab_thread", folder, before=colab, replaced=UNASKED)

    (run,) = done.runs
    assert "processes: []" in done.printed
    query = '{ project(name: "colab") { run(name: "%s") { state historyLineCount summaryMetrics } } }'
    fields = ask(server, query % run["run"]["id"])["project"]["run"]
    assert (fields["state"], fields["historyLineCount"]) == ("finished", 150)
    assert '"best trees"' in fields["summaryMetrics"]
