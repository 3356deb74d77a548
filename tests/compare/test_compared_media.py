"""Media of two runs beside each other: in the terminal, in a saved notebook, for the view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.compare import comparison_text as text
from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_bundle import bundle
from wandb_nb.compare.comparison_media import run_cards
from wandb_nb.compare.load_inputs import load
from wandb_nb.view.message.header_fields import COMPARISON_MIME
from wandb_nb.view.picture.contact_sheet import with_contact_sheet
from wandb_nb.view.picture.primitives import Scene, Text

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.compare.comparison import Comparison

HOSTILE = "<script>alert(1)</script>"


def track(folder: Path, name: str, shade: int) -> Path:
    """Make a finished run with pictures at two steps, and return its directory."""
    run = wandb.init(dir=folder, project="p", name=name, mode="offline", settings={"silent": True})
    for step in range(2):
        pixels = np.full((9, 9), shade + step, np.uint8)
        run.log({"loss": 1.0, "sample": wandb.Image(pixels, caption=f"{name} at {step}")})
    if shade > 100:
        run.log({"only": wandb.Table(["a"], [[1]])})
    run.finish()
    assert run.directory is not None
    return run.directory


@pytest.fixture
def pair(tmp_path: Path) -> Comparison:
    """Return the comparison of a dark and a light run."""
    return compare([load(track(tmp_path, "dark", 10)), load(track(tmp_path, HOSTILE, 200))])


def test_the_terminal_names_media_side_by_side(pair: Comparison) -> None:
    """Each key with media has one line with what each run has at its newest step."""
    lines = text.lines(pair)
    at = lines.index("media")

    assert lines[at + 2].split("  ", 2)[1:] == ["sample", "1 picture at step 1  1 picture at step 1"]
    assert lines[at + 3].split() == ["only", "-", "1", "table", "at", "step", "2"]


def test_a_saved_comparison_shows_them(pair: Comparison) -> None:
    """HTML, picture and message have the newest pictures of both runs, escaped, within the size of one run."""
    parts = bundle(pair)
    without = bundle(compare([*(one for one in pair.inputs)], ["loss"]))

    for words in ("dark at 1", "at 1</figcaption>", "<strong>dark · sample</strong>"):
        assert words in parts["text/html"]
    assert HOSTILE not in parts["text/html"]
    assert "<figcaption>" not in without["text/html"]
    assert len(parts["image/png"]) > len(without["image/png"])
    for run in parts[COMPARISON_MIME]["runs"]:
        (row,) = run["media"][0]["rows"]
        assert row["step"] == 1
        assert row["files"][0]["path"] in {copy["path"] for copy in run["previews"]}
    assert len(json.dumps(parts)) < 910_000


def test_pictures_of_many_runs_stay_within_the_size(tmp_path: Path) -> None:
    """Six runs with pictures of noise under eight keys take 700 kB beyond the charts, in all forms together."""
    rng = np.random.default_rng(3)
    runs = []
    for number in range(6):
        run = wandb.init(dir=tmp_path, project="p", name=f"r{number}", mode="offline", settings={"silent": True})
        run.log({f"k{key}": wandb.Image(rng.integers(0, 255, (160, 160, 3), dtype=np.uint8)) for key in range(8)})
        run.finish()
        runs.append(load(run.directory))
    parts = bundle(compare(runs))

    assert "<img alt=" in parts["text/html"]
    assert len(json.dumps(parts)) < 910_000
    assert len(parts["image/png"]) < 280_000
    copies = [copy for run in parts[COMPARISON_MIME]["runs"] for copy in run["previews"]]
    assert copies


def log_lists(folder: Path, name: str, count: int, shade: int) -> Path:
    """Make a finished run with lists of media, some of them below other keys, and return its directory."""
    run = wandb.init(dir=folder, project="p", name=name, mode="offline", settings={"silent": True})
    pictures = [wandb.Image(np.full((9, 9), shade + i, np.uint8), caption=f"{name} {i}") for i in range(count)]
    tone = wandb.Audio(np.zeros(90), sample_rate=8000, caption="tone")
    page = wandb.Html(f"<p>page of {name}</p>", inject=False)
    run.log(
        {
            "samples": pictures,
            "eval": {"val": {"digits": pictures, "tones": [tone, tone]}},
            "mixed": [pictures[0], page],
        }
    )
    run.summary["best"] = pictures[0]
    run.finish()
    assert run.directory is not None
    return run.directory


def test_lists_and_nested_media_are_beside_each_other(tmp_path: Path) -> None:
    """Lists, and media in nested dicts, are named and drawn per key with both runs in one line; no JSON is shown."""
    pair = compare([load(log_lists(tmp_path, "dark", 2, 10)), load(log_lists(tmp_path, "light", 6, 200))])
    lines, parts = text.lines(pair), bundle(pair)
    scene = with_contact_sheet(Scene(900, 0, "", ""), [card for row in run_cards(pair) for card in row], 6)
    titles = {mark.text: panel.y for panel in scene.panels for mark in panel.marks[:1] if isinstance(mark, Text)}

    rows = [line.split() for line in lines[lines.index("media") + 2 :]]
    assert ["samples", "2", "pictures", "at", "step", "0", "6", "pictures", "at", "step", "0"] in rows
    assert [row[0] for row in rows[:4]] == ["samples", "eval.val.digits", "eval.val.tones", "mixed"]
    assert "best" in " ".join(lines)
    for shown in ("\n".join(lines), parts["text/html"], json.dumps(parts[COMPARISON_MIME]["diff"])):
        assert "_type" not in shown
    for words in ("dark · eval.val.digits", "light · eval.val.digits", "light 5</figcaption>", "page of light"):
        assert words in parts["text/html"]
    for key in ("eval.val.digits", "eval.val.tones", "mixed"):
        assert titles[f"dark · {key} · step 0"] == titles[f"light · {key} · step 0"]
    summary = {row.key: row for row in pair.summary}
    assert summary["samples"].values[1]["count"] == 6
