"""Artifacts of tables, sent by `wandb-nb sync`: as the official `wandb sync` sends them, once, and after a refusal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.store.format.layout import ARTIFACTS, OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from recording_server import ReceivedRun, RecordingServer

    Sync = Callable[[Path], ReceivedRun]

pytestmark = pytest.mark.official
PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
COMPARED = (
    "artifactTypeName",
    "artifactCollectionName",
    "digest",
    "digestAlgorithm",
    "description",
    "metadata",
    "aliases",
    "clientID",
    "sequenceClientID",
    "enableDigestDeduplication",
    "projectName",
    "runName",
    "committed",
)


def run_with_tables(folder: Path) -> wandb.Run:
    """Return an ended offline run with a table that has pictures, and one that grows."""
    run = wandb.init(project="p", mode="offline", dir=folder, settings={"silent": True})
    run.log({"t": wandb.Table(["i", "p"], [[1, wandb.Image(PICTURE)], [2, wandb.Image(PICTURE[:5])]])})
    growing = wandb.Table(["x"], log_mode="INCREMENTAL")
    for row in range(2):
        growing.add_data(row)
        run.log({"g": growing})
    run.finish()
    return run


def own_sync(run: wandb.Run, server: RecordingServer, home: Path) -> subprocess.CompletedProcess[str]:
    """Send *run* by our command line."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    environment |= {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": "0" * 40}
    command = [str(Path(sys.executable).with_name("wandb-nb")), "sync", "--include-synced", str(run.directory)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def comparable(artifact: dict[str, Any]) -> dict[str, Any]:
    """Return what both clients must send alike."""
    files = {name: data for name, data in artifact["files"].items() if "manifest" not in name}
    manifest = {name: artifact["manifest"][name] for name in ("name", "manifestType")}
    return {name: artifact.get(name) for name in COMPARED} | {"files": files, "manifest": manifest}


def _order(artifact: dict[str, Any]) -> tuple[str, str]:
    """Return what sorts artifacts; the official client sends several concurrently."""
    return artifact["artifactCollectionName"], artifact["digest"]


def test_artifacts_are_sent_as_by_the_official_client(tmp_path: Path, sync: Sync, server: RecordingServer) -> None:
    """Each artifact has the fields, the files and the manifest that the official client sends of the same run."""
    run = run_with_tables(tmp_path)
    sync(run.directory)
    expected, server.artifacts = [comparable(each) for each in server.artifacts], []
    server.objects.clear()
    done = own_sync(run, server, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(server.artifacts) == len(expected) == 3
    received = [comparable(each) for each in server.artifacts]
    for artifact, wanted in zip(sorted(received, key=_order), sorted(expected, key=_order), strict=True):
        assert artifact == wanted
    assert all(str(tmp_path).encode() not in data for each in server.artifacts for data in each["files"].values())


def test_a_refused_version_continues(tmp_path: Path, server: RecordingServer) -> None:
    """A version whose manifest was refused is reported, not committed, and its files are not sent again."""
    run = run_with_tables(tmp_path)
    server.refused_uploads = {"wandb_manifest.json"}
    done = own_sync(run, server, tmp_path)
    assert f"the artifact run-{run.id}-t was not sent" in done.stdout + done.stderr
    assert not server.artifacts[0]["committed"]
    sent = {name for name in server.artifact_uploads if "manifest" not in name}
    assert {name for name in sent if name.startswith("media/")}
    server.refused_uploads, server.artifacts, server.artifact_uploads = set(), [], []
    assert own_sync(run, server, tmp_path).returncode == 0
    assert {name for name in server.artifact_uploads if "manifest" not in name} == set()
    assert server.artifacts[0]["committed"]
    server.artifacts = []
    assert own_sync(run, server, tmp_path).returncode == 0
    assert server.artifacts == []


def test_a_file_outside_the_run_is_not_sent(tmp_path: Path, server: RecordingServer) -> None:
    """An object that is a link to a file elsewhere is not followed: the artifact is reported and not committed."""
    run = run_with_tables(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for path in (run.directory / ARTIFACTS / OBJECTS).iterdir():
        path.unlink()
        path.symlink_to(secret)
    done = own_sync(run, server, tmp_path)
    assert "is a link" in done.stdout + done.stderr
    assert not any(each["committed"] for each in server.artifacts)
    assert b"secret" not in server.objects.values()


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("CreateArtifact", {"createArtifact": None}),
        ("CreateArtifact", {"createArtifact": {"artifact": {"id": 7, "state": "PENDING"}}}),
        ("CreateArtifactManifest", {"createArtifactManifest": {"artifactManifest": []}}),
        ("CreateArtifactFiles", {"createArtifactFiles": {"files": {"edges": []}}}),
    ],
)
def test_an_unusable_answer_costs_only_the_artifact(
    tmp_path: Path, server: RecordingServer, operation: str, answer: dict[str, Any]
) -> None:
    """A server whose answer about an artifact is unusable gets the rest of the run; the artifact is reported."""
    run = run_with_tables(tmp_path)
    server.fixed_answers[operation] = answer
    done = own_sync(run, server, tmp_path)
    assert f"the artifact run-{run.id}-t was not sent: {server.url} answered {operation}" in done.stdout + done.stderr
    (received,) = server.runs.values()
    assert received.complete
    assert len(received.rows) == 3
    assert not any(each["committed"] for each in server.artifacts)


def test_parts_of_a_version_are_sent_as_by_the_official_client(
    tmp_path: Path, sync: Sync, server: RecordingServer
) -> None:
    """Parts of one version have their common id, and only the last one commits it."""
    run = wandb.init(project="p", mode="offline", dir=tmp_path, settings={"silent": True})
    for name, log in (("a.txt", run.upsert_artifact), ("b.txt", run.finish_artifact)):
        artifact = wandb.Artifact("parts", "dataset")
        with artifact.new_file(name) as file:
            file.write(name)
        log(artifact, distributed_id="common")
    run.finish()
    sync(run.directory)
    expected, server.artifacts = [comparable(each) for each in server.artifacts], []
    server.objects.clear()
    done = own_sync(run, server, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [comparable(each) for each in server.artifacts] == expected
    assert [each["committed"] for each in expected] == [False, True]
    assert {each["distributedID"] for each in server.artifacts} == {"common"}
