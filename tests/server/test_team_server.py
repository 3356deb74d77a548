"""A server as a team has it, with PostgreSQL, a bucket and two processes: the official client, and its pages."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest
from cluster import Cluster, text_of
from playwright.sync_api import expect
from test_browser import enter
from test_official import PYTHON
from visiting import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bucket import Bucket
    from playwright.sync_api import Page

WEIGHTS = b"\0weights" * 1000
LOG = """
import wandb, pathlib
import numpy as np
with wandb.init(project="p", id="made", name="shown") as run:
    for step in range(3):
        run.log({"loss": 1 / (step + 1), "picture": wandb.Image(np.full((8, 8, 3), 80 * step, "uint8"), caption="c")})
    pathlib.Path("notes.txt").write_text("saved text")
    run.save("notes.txt")
    artifact = wandb.Artifact("model", "model", metadata={"k": 1})
    with artifact.new_file("weights.bin", mode="wb") as file:
        file.write(b"\\0weights" * 1000)
    run.log_artifact(artifact).wait()
with wandb.init(project="p", id="used") as run:
    folder = run.use_artifact("model:latest").download()
    print(pathlib.Path(folder, "weights.bin").read_bytes() == b"\\0weights" * 1000)
"""
STORED = """{ project(name: "p") { run(name: "made") { state historyLineCount history(samples: 10)
    files { edges { node { name directUrl } } }
    outputArtifacts { edges { node { usedBy { edges { node { name } } } } } }
} } }"""


class Team(NamedTuple):
    """A server, its bucket, and what a program of the official client printed."""

    site: Site
    bucket: Bucket
    printed: str


@pytest.fixture(scope="module")
def team(cluster: Cluster, started_bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a server with two processes, after a program of the official client has logged there."""
    folder = tmp_path_factory.mktemp("team")
    started_bucket.reset()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in started_bucket.environ.items():
            patch.setenv(name, value)
        database = text_of(cluster.new_database())
        site = Site(folder / "data", *started_bucket.server_options(), "--workers", "2", database=database)
    yield Team(site, started_bucket, log(site, folder))
    site.stop()


def log(site: Site, folder: Path) -> str:
    """Run the program; return what it printed last."""
    given = {"WANDB_BASE_URL": site.url, "WANDB_API_KEY": site.key, "WANDB_SILENT": "true", "HOME": str(folder)}
    command = [PYTHON, "-c", LOG]
    environ = {"PATH": os.environ["PATH"], "WANDB_ERROR_REPORTING": "false", **given}
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.official
def test_the_official_client(team: Team) -> None:
    """Rows, pictures, files and artifacts of the official client arrive once; files go straight to the bucket."""
    run: dict[str, Any] = team.site.query(STORED)["project"]["run"]
    rows = [json.loads(row) for row in run["history"]]
    assert (run["state"], [row["loss"] for row in rows]) == ("finished", [1, 1 / 2, 1 / 3])
    files = {edge["node"]["name"]: edge["node"]["directUrl"] for edge in run["files"]["edges"]}
    assert {row["picture"]["path"] for row in rows} | {"notes.txt"} <= files.keys()
    answer = httpx.get(files["notes.txt"], auth=("api", team.site.key), follow_redirects=True)
    assert answer.content == b"saved text"
    (output,) = run["outputArtifacts"]["edges"]
    assert [edge["node"]["name"] for edge in output["node"]["usedBy"]["edges"]] == ["used"]
    assert team.printed == "True"
    assert [refusal for *_, refusal in team.bucket.requests if refusal] == []
    sent = [request[0] for request in team.bucket.requests if request[1] == "query"]
    assert sent.count("PUT") >= 5  # three pictures, the notes, the weights
    assert sent.count("GET") >= 1
    assert not (team.site.folder / "files").exists()


@pytest.mark.browser
def test_pages(team: Team, page: Page) -> None:
    """The pages of project, run, files and artifacts show in Chromium what is in the bucket, without a noise."""
    enter(team.site, page)
    home = f"{team.site.url}/local/p"
    page.goto(home)
    expect(page.locator("tr[data-run=made]")).to_contain_text("shown")
    page.goto(f"{home}/runs/made")
    page.wait_for_function("() => document.querySelector('.wnb')?.dataset.points === '3'")
    page.wait_for_function("() => document.querySelector('.wnb-media img')?.naturalWidth === 8")
    page.goto(f"{home}/runs/made/files")
    page.get_by_role("link", name="notes.txt", exact=True).click()
    expect(page.locator("main")).to_contain_text("saved text")
    page.goto(f"{home}/artifacts/model/latest")
    expect(page.locator("main")).to_contain_text("weights.bin")
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    assert download.value.path().read_bytes() == WEIGHTS
