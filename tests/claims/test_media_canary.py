"""Secrets in every text of media, tables, charts and artifacts, searched for in all stored, sent and shown data."""

from __future__ import annotations

import base64
import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from claimed import run
from embedded_server import EmbeddedServer
from test_canary import below, found_in

from wandb_nb.store.runs.find import find_run
from wandb_nb.view.message.header_fields import MIME
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.previews.saved_media import SavedMedia
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

SECRET_FORMS = (
    "sk-canary{:08d}",
    "ghp_canary{:08d}canary",
    "glpat-canary{:08d}",
    "hf_canary{:08d}",
    "AKIACANARY{:010d}",
)
PRELUDE = """
import io
import altair, bokeh.plotting, numpy as np, pandas, plotly.graph_objects as go
secrets = iter(open("secrets.txt").read().split())
def secret(): return "it is " + next(secrets)
pixels = np.zeros((4, 4, 3), np.uint8)
box = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 1}
def boxes():
    boxes = [{**box, "box_caption": secret(), "scores": {secret(): 1}}]
    return {secret(): {"box_data": boxes, "class_labels": {1: secret()}}}
def masks(): return {secret(): {"mask_data": np.ones((4, 4)), "class_labels": {1: secret()}}}
def picture(**more): return wandb.Image(pixels, caption=secret(), **more)
def table(): return wandb.Table(columns=["x", "y"], data=[[secret(), 1]])
class Opaque:
    def __str__(self): return secret()
"""
PLACES = {
    "pictures": "{'image': picture(boxes=boxes(), masks=masks(), classes=[{'id': 1, 'name': secret()}])}",
    "lists": "{'images': [picture(), picture()], 'nested': {'deep': picture()}}",
    "sounds": "{'tones': [wandb.Audio(np.zeros(9), 8000, secret())], 'tone': wandb.Audio(np.zeros(9), 8000, secret())}",
    "videos": "{'video': wandb.Video(np.zeros((2, 3, 8, 8), np.uint8), caption=secret())}",
    "pages": "{'page': wandb.Html(secret()), 'pages': [wandb.Html(secret())], 'io': wandb.Html(io.StringIO(secret()))}",
    "objects": (
        "{'scene': wandb.Object3D({'type': 'lidar/beta', 'points': np.zeros((2, 3)), 'vectors': [], 'boxes':"
        " [{'corners': [[0, 0, 0]] * 8, 'label': secret(), 'color': [0, 0, 0]}]}, caption=secret())}"
    ),
    "molecules": "{'molecule': wandb.Molecule(io.StringIO('x'), caption=secret(), file_type='pdb')}",
    "figures": (
        "{'plotly': go.Figure([go.Scatter(x=[secret()], y=np.zeros(1), name=secret())], {'title': {'text': secret()}}),"
        " 'bokeh': bokeh.plotting.figure(title=secret()),"
        " 'altair': altair.Chart(altair.Data(values=[{'x': secret()}])).mark_bar().encode(x='x:O')}"
    ),
    "graphs": "{'graph': graph}",
    "tables": "{'table': cells, 'arrays': wandb.Table(columns=[secret()], data=[[np.zeros(3)]])}",
    "frames": "{'frame': pandas.DataFrame({secret(): [secret()]}), 'joined': wandb.JoinedTable(table(), table(), 'y')}",
    "charts": (
        "{'line': wandb.plot.line(table(), 'x', 'y', title=secret()),"
        " 'matrix': wandb.plot.confusion_matrix(y_true=[0], preds=[0], class_names=[secret()], title=secret()),"
        " 'own': wandb.plot_table({'mark': 'bar', 'title': secret()}, table(), {'x': 'x'}, {'title': secret()})}"
    ),
}
CELLS = """
graph = wandb.Graph()
graph.add_node(id=secret(), name=secret(), class_name=secret())
cells = wandb.Table(columns=[secret(), "b", "c", "d", "e", "f"])
labelled = picture(boxes=boxes(), masks=masks())
cells.add_data(secret(), {secret(): secret()}, labelled, wandb.Html(secret()), [secret()], Opaque())
"""
ARTIFACT = """
run.summary["best"] = picture()
metadata = {secret(): secret(), "password": next(secrets)}
artifact = wandb.Artifact("data", "data", description=secret(), metadata=metadata)
artifact.add(picture(), "picture")
artifact.add(table(), "table")
artifact.add_reference(f"https://user:{next(secrets)}@example.invalid/x", name="reference", checksum=False)
run.log_artifact(artifact)
"""
COUNT = 100


def shown(folder: Path) -> dict[str, bytes]:
    """Return all parts of the output of the run in *folder*, with the small copies of its media unpacked."""
    stream = RunStream(find_run(folder))
    while stream.advance():
        pass
    parts = bundle(stream, None, media=SavedMedia.of(stream.open_media))
    assert {"image", "table", "own_table"} <= {one["key"] for one in parts[MIME]["media"]}
    copies = {f"copy of {one['path']}": base64.b64decode(one["data"]) for one in parts[MIME]["previews"]}
    return {"the output": json.dumps(parts).encode(), **copies}


def unpacked(contents: dict[str, bytes]) -> dict[str, bytes]:
    """Return *contents* and what is in the archives among them."""
    import io

    archives = {name: zipfile.ZipFile(io.BytesIO(data)) for name, data in contents.items() if data[:2] == b"PK"}
    inner = {f"{name}/{each}": archive.read(each) for name, archive in archives.items() for each in archive.namelist()}
    return {**contents, **inner}


def test_secrets_in_media_are_stored_nowhere(tmp_path: Path, clean_environment: Path) -> None:
    """No secret in a text of media is in a file of the run, its name, the view's data, an output, or on the server."""
    secrets = [SECRET_FORMS[n % len(SECRET_FORMS)].format(n) for n in range(COUNT)]
    (tmp_path / "secrets.txt").write_text("\n".join(secrets))
    rows = "\n".join(f"run.log({place})" for place in PLACES.values())
    source = f"{PRELUDE}\nrun = wandb.init(project='p', id='canary')\n{CELLS}{rows}\n{ARTIFACT}"
    source += "run.finish()\nprint(len(list(secrets)), 'left')"
    with EmbeddedServer(tmp_path / "server") as server:
        done = run(tmp_path, source, **server.environ)
        assert done.returncode == 0, done.stderr
        assert "cannot" not in done.stderr, done.stderr
        assert len(server.rows("canary")) == len(PLACES)
    assert int(done.stdout.split()[-2]) < COUNT // 2, done.stdout
    (folder,) = (path for path in (tmp_path / "wandb").iterdir() if path.is_dir() and not path.is_symlink())
    contents = unpacked({**below(folder), **shown(folder), **below(clean_environment)})
    stored = {f"server/{name}": data for name, data in below(tmp_path / "server").items() if name != "key"}
    assert sum(b"it is [redacted]" in data for data in contents.values()) > len(PLACES)
    assert sum(b"it is [redacted]" in data for data in stored.values()) > len(PLACES) // 2
    assert found_in({**contents, **unpacked(stored)}, secrets) == []
    assert [name for name in {**contents, **stored} if "canary0" in name] == []
