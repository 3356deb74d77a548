"""The notebooks in `notebooks/`: as committed, executed from top to bottom, and their results."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest
from executed import ARTIFACTS, COMPARISON, NAMES, ROOT, RUN, Executed, execute, leads_outside, read
from PIL import Image
from playwright.sync_api import expect

import wandb_nb
from wandb_nb.server import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

IMAGES = ARTIFACTS.parent / "images"  # those of the documentation; `make picture` puts them there
LARGEST_VIEW = 300_000  # bytes that one run may add to a notebook
CONVERT_WITHOUT_NETWORK = """
import socket, sys
from nbconvert.nbconvertapp import main
def refuse(*_): raise OSError("this test has no network")
socket.socket.connect = socket.getaddrinfo = refuse
main(["--log-level=ERROR", "--to", "html", sys.argv[1], "--output-dir", sys.argv[2]])
"""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # workers do not compete for a small machine


@pytest.fixture(scope="module", params=NAMES)
def recipe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executed]:
    """Return each notebook, executed once by a user without a key and runs."""
    folder = tmp_path_factory.mktemp(request.param)
    home = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ONE_THREAD, "WANDB_NB_DATA_DIR": str(home), "NETRC": str(home / "netrc")}.items():
            patch.setenv(name, value)
        try:
            yield execute(request.param, folder)
        finally:
            process.stop(folder / "server")  # left by a failed notebook


@pytest.mark.parametrize("name", NAMES)
def test_committed_notebook_is_clean(name: str) -> None:
    """A committed notebook is valid, keeps its cells' ids, and has no outputs, counts, paths or addresses."""
    notebook = read(name)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rf"{name.replace('_', '-')}-\d\d", one) for one in ids), "renaming ids breaks diffs"
    for cell in notebook.cells:
        assert (cell.get("outputs", []), cell.get("execution_count")) == ([], None)
        assert "http" not in cell.source
        assert not re.search(r"/(home|root|tmp|Users)/", cell.source)
        widest = 120 if cell.cell_type == "markdown" else 106
        assert max(map(len, cell.source.splitlines())) <= widest, "more would be cut on a page"
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@pytest.mark.kernel
def test_recipe_leaves_pictures(recipe: Executed) -> None:
    """Every view has a picture with ink, a text, and self-contained HTML; finished runs are shown as finished."""
    assert recipe.views
    for data in recipe.views:
        assert data["text/plain"]
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        colours = [(count, max(colour) - min(colour)) for count, colour in picture.getcolors(1 << 20) or ()]
        assert any(count > 200 and saturation > 80 for count, saturation in colours), "a line in a colour"
        assert leads_outside(data["text/html"]) == []
        assert len(str(data)) < LARGEST_VIEW
    assert {run["run"]["state"] for run in recipe.runs} <= {"finished"}
    for cell in recipe.notebook.cells:
        for output in cell.get("outputs", []):
            assert "running" not in output.get("data", {}).get("text/plain", ""), "a line that was true once"
            assert "Warning" not in output.get("text", "")


@pytest.mark.kernel
@pytest.mark.browser
def test_recipe_is_a_page_without_network_and_scripts(recipe: Executed, chromium: Browser, tmp_path: Path) -> None:
    """The nbconvert page, made and opened offline and without scripts, shows the charts."""
    subprocess.run([sys.executable, "-c", CONVERT_WITHOUT_NETWORK, recipe.path, tmp_path], check=True, timeout=100)
    context = chromium.new_context(java_script_enabled=False, offline=True, viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.goto((tmp_path / f"{recipe.name}.html").as_uri(), wait_until="domcontentloaded")
    charts = page.locator(".jp-OutputArea svg[role=img]:not(.wandb-nb-artifact svg)")
    expect(charts).to_have_count(len(recipe.views))
    for chart in charts.all():
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 100
    page.screenshot(path=ARTIFACTS / f"{recipe.name}-page.png", full_page=True)
    context.close()


@pytest.mark.kernel
def test_recipe_leaves_only_ignored_files(recipe: Executed) -> None:
    """All files that a notebook writes beside itself are ignored by git."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git clone")
    written = [path.name + "/" * path.is_dir() for path in recipe.folder.iterdir() if path != recipe.path]
    assert "wandb/" in written or "crash/" in written
    command = ["git", "check-ignore", *[f"notebooks/{name}" for name in written]]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(ignored) == sorted(f"notebooks/{name}" for name in written)


@pytest.mark.kernel
def test_recipe_shows_its_promised_result(recipe: Executed) -> None:
    """Each notebook ends with the result that its text promises."""
    EXPECTED[recipe.name](recipe)


def quickstart(recipe: Executed) -> None:
    """Find the charts under the training cell, and the run read back."""
    (run,) = recipe.runs
    assert {"train/loss", "val/loss"} <= {series["key"] for series in run["series"]}
    assert run["summary"]["val/accuracy"] > 0.8
    assert "finished  digits" in recipe.printed


def resume_after_a_crash(recipe: Executed) -> None:
    """Find the killed and the resumed half in one run without a gap."""
    assert "crashed" in recipe.printed
    assert "-9" in recipe.answers
    assert "steps 0 to 39, each once: True" in recipe.printed
    (run,) = recipe.runs
    assert all(series["n"] == 40 for series in run["series"])


def many_runs(recipe: Executed) -> None:
    """Find six runs in one output of their cell, and compared by config and curves."""
    together, comparison = [data[COMPARISON] for data in recipe.views]
    assert together["labels"] == [f"lr={lr}, seed={seed}" for lr in (0.01, 0.1, 1) for seed in (0, 1)]
    assert len(comparison["runs"]) == 6
    assert [row["key"] for row in comparison["diff"]["config"] if not row["same"]] == ["lr", "seed"]
    assert "val/accuracy" in recipe.answers


def artifacts(recipe: Executed) -> None:
    """Find the versions, the lineage from the data to the evaluation, and the table that was read back."""
    assert "('digits:v0', ['latest'])" in recipe.answers
    assert "('classifier:v0', 'classifier:v1')" in recipe.answers
    assert "('evaluation', ['width 2', 'width 32', 'evaluation'])" in recipe.answers
    graph = next(data["text/html"] for data in recipe.bundles if "wandb-nb-artifact" in data.get("text/html", ""))
    assert all(name in graph for name in ("digits:v0", "classifier:v1", "errors:v0", "width 2"))
    assert re.search(r"^errors +\d", recipe.answers, re.MULTILINE)


def multi_process(recipe: Executed) -> None:
    """Find every worker's rows in the one run, and the grouped runs compared."""
    rows = {run["run"]["name"]: run["run"]["rows"] for run in recipe.runs}
    assert rows == {"joblib": 50, "spawn": 50, "fork": 12}
    for folder in (recipe.folder / "wandb").glob("offline-run-*"):
        frame = wandb_nb.read(folder)
        ends = {key: frame[key].dropna().iloc[-1] for key in frame if key.startswith("fold")}
        assert ends.items() <= frame.attrs["summary"].items(), "the workers' last rows are in the summary"
    assert all(run["summary"]["mean accuracy"] > 0.9 for run in recipe.runs if run["run"]["name"] != "fork")
    (comparison,) = [data[COMPARISON] for data in recipe.views if COMPARISON in data]
    assert sorted(comparison["labels"]) == [f"fold={fold} · fold {fold}" for fold in range(5)], "values come first"


def compare_runs(recipe: Executed) -> None:
    """Find exactly the config and the lines of code that changed."""
    two, three = [data[COMPARISON] for data in recipe.views if COMPARISON in data]
    assert {row["key"]: row["texts"] for row in two["diff"]["config"]} == {"lr": ["0.01", "0.1"], "width": ["16", "32"]}
    changed = [line for cell in two["diff"]["code"] for line in cell["lines"] if line[0] in "+-"]
    assert "+train(train_x / 16, val_x / 16)" in changed
    assert len(changed) == 4
    assert [label.rpartition(" · ")[2] for label in three["labels"]] == ["first", "second", "third"]


def offline_then_sync(recipe: Executed) -> None:
    """Find the offline run sent once, the next one sent automatically, and the server stopped."""
    assert re.search(r"done: .*offline-run-.*, 60 rows", recipe.printed)
    assert "nothing to send" in recipe.printed
    assert re.search(r"run at-home finished · .* · sent: ", recipe.printed)
    assert "server stopped: " in recipe.printed
    assert [run["run"]["name"] for run in recipe.runs] == ["on-the-train", "at-home"]


def colab_thread(recipe: Executed) -> None:
    """Find no process except the kernel."""
    assert "processes: []" in recipe.printed
    (run,) = recipe.runs
    assert run["summary"]["best trees"] < 150


def media(recipe: Executed) -> None:
    """Find pictures, waveforms, a table with pictures and charts in the saved outputs; they are read back too."""
    pictures, sounds, mistakes = [data for data in recipe.views if RUN in data]
    assert [pictures["text/html"].count(f"{word}</figcaption>") for word in ("4 colours", "a dahlia", "temple")] == [
        1
    ] * 3
    captions = [sounds["text/html"].count(words) for words in (" Hz, plucked", " Hz upwards")]
    assert captions == [2, 2], "each is the alternative text, too"
    assert mistakes["text/html"].count('alt="picture"') == 8, "the first rows of the table"
    for words in ("Confusion Matrix Curve", "Precision-Recall Curve"):
        assert words in mistakes["text/html"]
    assert re.search(r"\d+ mistakes; the most common:", recipe.printed)
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / "media.png").write_bytes(base64.b64decode(mistakes["image/png"]))


EXPECTED = {
    function.__name__: function
    for function in (
        quickstart,
        resume_after_a_crash,
        artifacts,
        many_runs,
        multi_process,
        compare_runs,
        offline_then_sync,
        colab_thread,
        media,
    )
}
