"""Fixtures of every test: no outside settings, its own registry, and a browser on request."""

from __future__ import annotations

import compileall
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bucket import Bucket
    from cluster import Cluster
    from playwright.sync_api import Browser

    from wandb_nb import Run

# A loaded machine is slow, not wrong: no deadlines, and the same examples at each run in CI.
settings.register_profile(
    "wandb-nb", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("wandb-nb")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once: processes that tests start import it a third faster where none may write bytecode."""
    if not hasattr(config, "workerinput"):  # not in the workers of pytest-xdist
        compileall.compile_dir(Path(__file__).parents[1] / "wandb_nb", quiet=1)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hide the machine's W&B settings, and give the test its own registry of runs; return its folder."""
    for name in list(os.environ):
        if name.startswith("WANDB"):
            monkeypatch.delenv(name)
    registry = tmp_path_factory.mktemp("registry")
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(registry))
    monkeypatch.setenv("NETRC", str(registry / "netrc"))  # no key of the machine's user sends a run online
    return registry


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Return a function that starts silent offline runs; runs still active at the end are finished."""
    import wandb_nb as wandb
    from wandb_nb.tracking.process import active_runs

    def begin(**arguments: Any) -> Run:
        return wandb.init(**{"dir": tmp_path, "mode": "offline", "settings": {"silent": True}, **arguments})

    yield begin
    for run in active_runs.own():
        run.finish()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Return a running PostgreSQL cluster, or skip if this machine has no PostgreSQL."""
    from cluster import Cluster, programs  # needs the database's driver

    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed: `make test` installs it as root on Debian or Ubuntu")
    started = Cluster(folder)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def started_bucket() -> Iterator[Bucket]:
    """Return a running bucket, or skip where the packages of `[test]` are older than it."""
    pytest.importorskip("moto", reason="moto is not installed: run `pip install -e '.[test]'`")
    from bucket import Bucket

    bucket = Bucket()
    yield bucket
    bucket.stop()


@pytest.fixture
def bucket(started_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return a bucket, with its credentials in the environment."""
    for name, value in started_bucket.environ.items():
        monkeypatch.setenv(name, value)
    started_bucket.reset()
    return started_bucket


@pytest.fixture(scope="module")  # not longer: while it runs, no other test of this process can run an event loop
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window, or skip if it is not installed."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
