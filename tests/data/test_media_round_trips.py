"""Media of every class, written by either package and sent by either `sync`, as the official `Api()` reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from embedded_server import EmbeddedServer
from logged_run import execute
from test_official_media import SOURCE

pytestmark = pytest.mark.official
MORE = """
import pandas as pd
from bokeh.plotting import figure
with open("t.obj", "w") as file:
    file.write("v 0 0 0")
with open("t.gltf", "w") as file:
    file.write("{}")
film = bytes(range(99))
with open("film.mp4", "wb") as file:
    file.write(film)
drawn = figure()
drawn.line([1, 2], [3, 4])
box = wandb.box3d(center=(0, 1, 2), size=(1, 2, 3), orientation=(1, 0, 0, 0), color=(1, 2, 3), label="L", score=0.5)
mutable = wandb.Table(["n"], [[1]], log_mode="MUTABLE")
incremental = wandb.Table(["n"], [[1]], log_mode="INCREMENTAL")
run.log({
    "categories": wandb.Object3D(np.array([[1.0, 2.0, 3.0, 4.0]])),
    "coloured": wandb.Object3D(np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])),
    "scene": wandb.Object3D({"type": "lidar/beta", "points": np.ones((2, 3)), "boxes": np.array([box]),
                             "vectors": np.array([{"start": [0, 0, 0], "end": [1, 1, 1]}])}),
    "model": wandb.Object3D("t.obj"),
    "gltf": wandb.Object3D("t.gltf"),
    "film": wandb.Video("film.mp4", caption="film"),
    "bokeh": wandb.data_types.Bokeh(drawn),
    "frame": pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "bare figure": go.Figure(),
    "sounds": [wandb.Audio(np.zeros(9), sample_rate=100, caption="quiet")],
    "pages": [wandb.Html("1"), wandb.Html("2")],
    "clouds": [wandb.Object3D(np.ones((1, 3))), wandb.Object3D(np.zeros((1, 3)))],
    "films": [wandb.Video("film.mp4")],
    "graphs": [node],
    "mixed": [wandb.Html("x"), wandb.Object3D(np.ones((2, 3)))],
    "deep": {"a": {"b": wandb.Html("deep", inject=False), "h": wandb.Histogram([1, 2, 2], num_bins=2)}},
    "mutable": mutable,
    "incremental": incremental,
})
mutable.add_data(2)
incremental.add_data(2)
run.log({"mutable": mutable, "incremental": incremental})
run.log({"joined": wandb.JoinedTable(wandb.Table(["k", "a"], [[1, 2]]), wandb.Table(["k", "b"], [[1, 3]]), "k"),
         "parts": wandb.data_types.PartitionedTable("parts")})
"""
# Prints the rows, the media files and the tables of the run. PNG files are compared by their pixels, and
# their names are left out: here, equal bytes are one file.
ASK = r"""
import hashlib, io, json, re, sys, tempfile
import numpy as np, wandb
from PIL import Image
run = wandb.Api().run("local/p/media")
folder = tempfile.mkdtemp()
LEFT_OUT = ("sha256", "size", "artifact_path", "_latest_artifact_path", "previous_increments_paths")
def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in LEFT_OUT}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return re.sub(r"[^/]*_[0-9a-f]{20}\.", "", value) if isinstance(value, str) else value
def content(file):
    data = file.download(folder, replace=True)
    data = open(data.name, "rb").read()
    if file.name.endswith(".png"):
        data = np.asarray(Image.open(io.BytesIO(data))).tobytes()
    return "any" if "/bokeh/" in file.name else hashlib.sha256(data).hexdigest()
def cell(value):
    return np.asarray(value.image).tolist() if isinstance(value, wandb.Image) else value
answers = {"rows": {}, "files": {}, "tables": {}}
for number, row in enumerate(run.scan_history()):
    answers["rows"].update({f"{number} {key}": plain(value) for key, value in row.items() if key[0] != "_"})
for file in run.files():
    if file.name.startswith("media/"):
        answers["files"].setdefault(plain(file.name), []).append(content(file))
answers["files"] = {name: sorted(set(each)) for name, each in answers["files"].items()}
for key in ("table", "frame", "mutable", "chart_table", "incr-incremental", "joined", "parts"):
    artifact = wandb.Api().artifact(f"local/p/run-media-{key}:latest")
    paths = sorted(path for path in artifact.manifest.entries if "/" not in path)
    answers["tables"][key] = [re.sub(r"\d{5,}", "", path) for path in paths]
    for path in paths:
        if path.endswith(".table.json") and key != "joined":
            table = artifact.get(path.removesuffix(".table.json"))
            answers["tables"][key] += [table.columns, [[cell(value) for value in row] for row in table.data]]
print(json.dumps(answers))
"""
SYNC = {
    "wandb": [str(Path(sys.executable).with_name("wandb")), "sync"],
    "wandb_nb": [sys.executable, "-m", "wandb_nb", "sync"],
}
WAYS = [("wandb_nb", "wandb_nb"), ("wandb_nb", "wandb"), ("wandb", "wandb_nb")]
CASES = [(way, part) for way in WAYS for part in ("rows", "files", "tables")]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """Return the answers to ASK by the package that wrote and the one that sent."""
    home = tmp_path_factory.mktemp("home")
    folders = {package: tmp_path_factory.mktemp(package) for package in SYNC}
    written = {package: execute(SOURCE + MORE, folder, package).directory for package, folder in folders.items()}
    answers_by_way = {}
    for writer, sender in [*WAYS, ("wandb", "wandb")]:
        with EmbeddedServer(tmp_path_factory.mktemp("server")) as server:
            environ = {
                "PATH": os.environ["PATH"], "HOME": str(home), "WANDB_NB_DATA_DIR": str(home / "data"),
                "WANDB_DATA_DIR": str(folders[writer]), "WANDB_ERROR_REPORTING": "false", "HTTP_PROXY": server.url,
                "HTTPS_PROXY": server.url, "NO_PROXY": "127.0.0.1", "PYTHONPATH": os.pathsep.join(sys.path),
                **server.environ,
            }  # fmt: skip
            run([*SYNC[sender], "--include-synced", str(written[writer])], environ, home)
            printed = run([sys.executable, "-c", ASK], environ, home)
            answers_by_way[writer, sender] = json.loads(printed.splitlines()[-1])
    return answers_by_way


def run(command: list[str], environ: dict[str, str], folder: Path) -> str:
    """Run *command*, which must succeed, and return what it prints."""
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("way", "part"), CASES)
def test_every_way_has_the_official_answers(
    answers: dict[tuple[str, str], Any], way: tuple[str, str], part: str
) -> None:
    """Rows, files and tables are those of the official package sent by itself."""
    expected, given = answers["wandb", "wandb"][part], answers[way][part]
    assert len(expected) > 5
    differences = {
        key: (given.get(key), expected.get(key)) for key in expected | given if given.get(key) != expected.get(key)
    }
    assert differences == {}
