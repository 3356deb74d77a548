"""Our runs with media, sent by the official `wandb sync`: the server has every file, artifact and label."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import md5
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import wandb_nb as wandb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recording_server import ReceivedRun, RecordingServer

    Sync = Callable[[Path], ReceivedRun]

pytestmark = pytest.mark.official
PICTURE = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)


def own_config(run: ReceivedRun) -> dict[str, Any]:
    """Return the tracker's own part of the config."""
    value: dict[str, Any] = json.loads(run.fields["config"])["_wandb"]["value"]
    return value


def test_media_files_and_rows_arrive(tmp_path: Path, sync: Sync) -> None:
    """The rows have the JSON of the media, the files their bytes, and the config the labels and the chart."""
    run = wandb.init(project="p", mode="offline", dir=tmp_path, settings={"silent": True})
    mask = {"mask_data": PICTURE[..., 0] % 2, "class_labels": {0: "a", 1: "b"}}
    run.log({"i": wandb.Image(PICTURE, caption="c", masks={"m": mask}), "sp ace*[x]": wandb.Image(PICTURE[:9])})
    run.log({"l": [wandb.Image(PICTURE[:8]), wandb.Image(PICTURE[:7])], "nested": {"h": wandb.Histogram([1, 2])}})
    run.log({"a": wandb.Audio(np.zeros(99), sample_rate=8000), "p": wandb.Html("<b>x</b>")})
    run.log({"chart": wandb.plot.line(wandb.Table(["x", "y"], [[1, 2]]), "x", "y")})
    run.finish()
    received = sync(run.directory)
    first, second, *_ = received.rows
    assert (first["i"]["_type"], first["i"]["caption"], second["l"]["count"]) == ("image-file", "c", 2)
    assert sum(second["nested"]["h"]["values"]) == 2
    stored = {path.relative_to(run.dir).as_posix() for path in (run.directory / "files" / "media").rglob("*.*")}
    assert {name for name in received.uploads if name.startswith("media/")} == stored
    for name in stored:
        assert received.uploads[name] == (run.directory / "files" / name).read_bytes()
    config = own_config(received)
    assert config["mask/class_labels"]["i_wandb_delimeter_m"]["value"] == {"0": "a", "1": "b"}
    assert config["visualize"]["chart"]["panel_config"]["panelDefId"] == "wandb/line/v0"


def test_tables_arrive_as_artifacts(tmp_path: Path, sync: Sync, server: RecordingServer) -> None:
    """The artifact of a table arrives with its manifest and every file, whose digests are those of the manifest."""
    run = wandb.init(project="p", mode="offline", dir=tmp_path, settings={"silent": True})
    run.log({"t": wandb.Table(["i", "p"], [[1, wandb.Image(PICTURE)], [2, wandb.Image(PICTURE[:5])]])})
    run.finish()
    received = sync(run.directory)
    (artifact,) = server.artifacts
    assert (artifact["artifactTypeName"], artifact["artifactCollectionName"]) == ("run_table", f"run-{run.id}-t")
    assert f"wandb-client-artifact://{artifact['clientID']}/t.table.json" == received.rows[0]["t"]["artifact_path"]
    contents = json.loads(artifact["files"].pop("wandb_manifest.json"))["contents"]
    digests = {
        name: b64encode(md5(data, usedforsecurity=False).digest()).decode() for name, data in artifact["files"].items()
    }
    assert digests == {name: entry["digest"] for name, entry in contents.items()}
    table = json.loads(artifact["files"]["t.table.json"])
    assert {row[1]["path"] for row in table["data"]} < contents.keys()
