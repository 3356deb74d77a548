"""Media of every class, written by the official package and read here, and the other way round, without a server."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from logged_run import execute

import wandb_nb as wandb
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.previews.saved_media import SavedMedia
from wandb_nb.view.run_bundle import bundle

pytestmark = pytest.mark.official
LOG = """
mask = {"mask_data": noise[..., 0] % 3, "class_labels": {0: "sky", 1: "sea"}}
box = {"position": {"minX": 0.1, "maxX": 0.6, "minY": 0.2, "maxY": 0.9}, "class_id": 1, "scores": {"iou": 0.5}}
boxes = {"box_data": [box], "class_labels": {1: "boat"}}
node = wandb.Graph()
node.add_node(id=1, name="one", class_name="Dense", size=[1, 2])
import plotly.graph_objects as go
run.log({
    "image": wandb.Image(noise, caption="noise", masks={"m": mask}, boxes={"b": boxes}),
    "images": [wandb.Image(noise, caption="first"), wandb.Image(noise[:9])],
    "audio": wandb.Audio(np.array([[0, 1000], [2000, -3000]], np.int16), sample_rate=8000, caption="two"),
    "video": wandb.Video("clip.gif", format="gif"),
    "html": wandb.Html("<b>bold</b>", inject=False),
    "points": wandb.Object3D(np.array([[1.0, 2.0, 3.0]])),
    "molecule": wandb.Molecule("m.pdb"),
    "plotly": wandb.Plotly(go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))),
    "histogram": wandb.Histogram([1, 2, 2], num_bins=2),
    "graph": node,
    "table": wandb.Table(["n", "picture"], [[1, wandb.Image(noise)], [2, wandb.Image(noise[:5])]]),
    "nested": {"image": wandb.Image(noise[:7])},
    "chart": wandb.plot.line(wandb.Table(["x", "y"], [[0, 1], [1, 3]]), "x", "y", title="A line"),
})
"""
SOURCE = f"""
from PIL import Image
Image.fromarray(noise).save("clip.gif")
with open("m.pdb", "w") as file:
    file.write("ATOM")
{LOG}
"""
NOISE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
# Prints the items of all history records, as the official package decodes them.
READER = """
import json, sys
from wandb.proto import wandb_internal_pb2
from wandb_nb.store.reading.tail import Tail
tail, items = Tail(sys.argv[1]), []
while payloads := tail.read():
    for payload in payloads:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(payload)
        items += [(list(item.nested_key) or [item.key], json.loads(item.value_json)) for item in record.history.item]
print(json.dumps(items))
"""


def test_media_of_the_official_package_are_read(tmp_path):
    """Every class that 0.31 wrote loads as what it is, and a saved notebook shows it."""
    directory = execute(SOURCE, tmp_path, "wandb").directory
    (row,) = wandb.read(directory).to_dict("records")

    assert (np.asarray(row["image"].load()) == NOISE).all()
    assert (row["image"]["caption"], row["image"]["masks"]["m"]["_type"]) == ("noise", "mask")
    assert [picture.size for picture in row["images"].load()] == [(30, 20), (30, 9)]
    rate, samples = row["audio"].load()
    assert (rate, samples.tolist()) == (8000, [[0, 1000], [2000, -3000]])
    assert row["video"].load()[:3] == b"GIF"
    assert row["html"].load() == "<b>bold</b>"
    assert row["points"].load() == [[1.0, 2.0, 3.0]]
    assert row["molecule"].load() == "ATOM"
    assert row["plotly"].load()["data"][0]["x"] == [1, 2]
    assert row["histogram"].load() == ([1, 2], [1.0, 1.5, 2.0])
    assert row["graph"].load()["nodes"][0]["name"] == "one"
    assert row["table"].load()["n"].tolist() == [1, 2]
    assert row["nested.image"].load().size == (30, 7)

    stream = RunStream(directory)
    while stream.advance():
        pass
    html = bundle(stream, None, media=SavedMedia.of(stream.open_media))["text/html"]
    for words in ("noise", "first", "two", "bold", "A line", "2 rows, 2 columns"):
        assert words in html


def test_media_written_here_are_read_by_the_official_package(tmp_path):
    """The decoder of 0.31 finds every media value with its type, and the files that they name are there."""
    run = execute(SOURCE, tmp_path, "wandb_nb")
    (file,) = run.directory.glob("run-*.wandb")
    done = subprocess.run([sys.executable, "-c", READER, file], capture_output=True, text=True, check=True)
    values = {".".join(path): value for path, value in json.loads(done.stdout)}
    types = {name: value["_type"] for name, value in values.items() if isinstance(value, dict)}

    assert types == {
        "image": "image-file",
        "images": "images/separated",
        "audio": "audio-file",
        "video": "video-file",
        "html": "html-file",
        "points": "object3D-file",
        "molecule": "molecule-file",
        "plotly": "plotly-file",
        "histogram": "histogram",
        "graph": "graph-file",
        "table": "table-file",
        "nested.image": "image-file",
        "chart_table": "table-file",
    }
    for value in values.values():
        if isinstance(value, dict) and "path" in value:
            assert len(run.files[value["path"]]) == value["size"]
