"""Runs of anonymous accounts: a server that gives them, one that does not, and what stays secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from embedded_server import EmbeddedServer
from services import end_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripted_server import ScriptedServer

pytestmark = pytest.mark.crash

SCRIPT = """
import sys
import wandb_nb as wandb
settings = {"x_disable_stats": True, "console": "off"}
run = wandb.init(project="p", anonymous=sys.argv[1], name="my-run", settings=settings)
run.log({"a": 1})
run.finish()
print(run.mode, run.entity, run.url)
"""


@pytest.fixture(scope="module")
def giving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Return a server that gives anonymous accounts."""
    with EmbeddedServer(tmp_path_factory.mktemp("server"), 0, "--anonymous") as running:
        yield running


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the working directory of a user without a key; services end with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    yield tmp_path
    end_services()


def run(url: str, anonymous: str, key: str = "") -> tuple[list[str], str]:
    """Run a script; return mode, entity and address of its run, and everything that it printed."""
    environ = {**os.environ, "WANDB_BASE_URL": url, "WANDB_API_KEY": key}
    command = [sys.executable, "-c", SCRIPT, anonymous]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, env=environ)
    return done.stdout.split(), done.stdout + done.stderr


def test_a_run_without_a_key_has_a_page(giving: EmbeddedServer, here: Path) -> None:
    """[M4] "must" and "allow" log to an anonymous account, the same each time; whoever has the link sees the run."""
    (mode, entity, url), printed = run(giving.url, "must")
    assert (mode, entity.startswith("anonymous-")) == ("online", True)
    assert url.startswith(f"{giving.url}/anonymous/")
    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(url)
    assert page.status_code == 200
    assert "my-run" in page.text
    stored = Path(os.environ["WANDB_NB_DATA_DIR"], "anonymous.json")
    (key,) = json.loads(stored.read_text()).values()
    assert (len(key) > 40, stored.stat().st_mode & 0o077) == (True, 0)
    (_, again, _), more = run(giving.url, "allow")
    assert again == entity
    texts = [path.read_text("utf-8", "replace") for path in (here / "wandb").rglob("*") if path.is_file()]
    assert not [text for text in [url, printed, more, *texts] if key in text]


def test_who_is_logged_in(giving: EmbeddedServer) -> None:
    """[M4] With a key, "allow" logs to the user's account, and "must" to an anonymous one."""
    (_, entity, _), _ = run(giving.url, "allow", giving.key)
    assert entity == "local"
    (_, entity, _), _ = run(giving.url, "must", giving.key)
    assert entity.startswith("anonymous-")


@pytest.mark.parametrize("anonymous", ["allow", "must"])
def test_a_server_without_such_accounts(server: ScriptedServer, anonymous: str) -> None:
    """[M4] Where the server gives none, the run is offline, as without the argument."""
    (mode, entity, _), printed = run(server.url, anonymous)
    assert (mode, entity) == ("offline", "None")
    assert "Traceback" not in printed
