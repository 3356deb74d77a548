"""The MIME bundle of an output: its parts, their safety and their size."""

import base64
import json
import re

import numpy as np
import pytest
from test_pictures import HOSTILE, Page, pixels
from view_runs import RunFile, exit_record, metric_record, run_record

from wandb_nb.store.reading.run_state import RunState
from wandb_nb.view import line_bundle
from wandb_nb.view.message.header_fields import COMPARISON_MIME, LINK_MIME, MIME
from wandb_nb.view.message.run_message import parse_json
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.run_bundle import bundle

ACCESS = {"id": "abcd1234", "token": "a-token", "kernel": None}
MIMES = {MIME, "text/html", "image/png", "text/plain"}


def streamed(file):
    """Return a stream that has read all of *file*."""
    stream = RunStream(file.directory, lambda _: True)
    while stream.advance():
        pass
    return stream


@pytest.fixture
def short_run(tmp_path):
    """Return a finished run of 50 steps."""
    file = RunFile(tmp_path / "run", config={"lr": 0.1})
    file.log_many([{"train/loss": 1 / (step + 1), "acc": step / 50} for step in range(50)])
    file.add(exit_record())
    return streamed(file)


def test_parts_agree(short_run):
    """Snapshot, HTML, picture and text describe the same run."""
    parts = bundle(short_run, ACCESS)

    assert parts.keys() == MIMES
    snapshot = parse_json(parts[MIME])
    assert parts[MIME]["access"] == ACCESS
    assert parts[MIME]["done"] is True
    assert [(one.key, one.n) for one in snapshot.series()] == [("train/loss", 50), ("acc", 50)]
    assert snapshot.series()[0].value[-1] == 1 / 50
    assert pixels(base64.b64decode(parts["image/png"])).std() > 1
    description = dict(Page(parts["text/html"]).attributes)["alt"]
    assert "train/loss 1 → 0.02, lowest 0.02 at step 49" in description
    lines = parts["text/plain"].splitlines()
    assert lines[0] == "snowy-owl-10 · finished · digits · step 49 · 0:24"
    assert [line.split()[0] for line in lines[1:3]] == ["train/loss", "acc"]


def test_state_alone_makes_a_bundle():
    """A state read elsewhere gives a bundle too."""
    state = RunState()
    state.apply([run_record(), *(RunFile.row({"loss": float(step)}, step) for step in range(5))])

    assert parse_json(bundle(state, None)[MIME]).series()[0].n == 5


def test_widget_view_is_included(short_run):
    """A widget's entry is unchanged in the bundle."""
    entry = {"model_id": "abc", "version_major": 2, "version_minor": 0}

    assert bundle(short_run, ACCESS, entry)["application/vnd.jupyter.widget-view+json"] == entry


def test_html_leads_nowhere(short_run):
    """The HTML has no frame, script, address, style sheet, identifier or handler; its picture is embedded."""
    html = bundle(short_run, ACCESS)["text/html"]
    page = Page(html)
    without_picture = re.sub(r'src="data:image/png;base64,[A-Za-z0-9+/=]+"', "", html)

    assert not [word for word in ("<iframe", "<script", "http", "<style", "url(", "@import") if word in without_picture]
    assert {name for name, _ in Page(without_picture).attributes}.isdisjoint({"id", "class", "href", "src", "xmlns"})
    assert page.tags.count("img") == 1
    assert "a-token" not in html


def test_picture_outlives_the_svg(short_run):
    """The picture is in the SVG's description, where no browser draws it, with the trends as alternative text."""
    html = bundle(short_run, ACCESS)["text/html"]
    match = re.search(r'<desc><img alt="([^"]*)" [^>]*src="data:image/png;base64,([^"]*)"></desc>', html)

    assert match is not None
    assert "acc 0 → 0.98" in match[1]
    assert pixels(base64.b64decode(match[2])).std() > 1
    assert '<div style="font-size:0"><svg' in html
    assert all("font-size=" in one for one in re.findall("<text [^>]*>", html))


def test_hostile_run_is_harmless(tmp_path):
    """Names, notes and config of a hostile run are escaped in HTML and cleaned in text."""
    file = RunFile(tmp_path / "run", name=HOSTILE, project=HOSTILE, config={HOSTILE: HOSTILE})
    file.log({HOSTILE: 1.0, f"{HOSTILE} 2": float("nan"), "text": HOSTILE}, 0)
    parts = bundle(streamed(file), ACCESS)

    tags = set(Page(parts["text/html"]).tags)
    assert tags.isdisjoint({"script", "iframe", "a", "style", "link"})
    assert "\x1b" not in parts["text/html"] + parts["text/plain"]
    assert len(parts["text/plain"].splitlines()) == 3
    json.dumps(parts, allow_nan=False)


def test_size_is_bounded_for_any_run():
    """Two hundred metrics of a million points, with large config and summary, fit 210 kB."""
    state = RunState()
    state.apply([run_record(config={f"c{i}": "x" * 1000 for i in range(500)}), metric_record("m1*", "m0")])
    state.apply([RunFile.row({f"m{i}": 1.0 for i in range(200)} | {"text": "y" * 100_000}, 0)])
    table = state.table
    rows = np.arange(1, 1_000_001)
    for column in table._of_row.values():
        column.extend(np.zeros(len(rows)))
    table._of_row["_step"].view[1:] = rows
    noise = np.random.default_rng(0).standard_normal(len(rows))
    shared = table.numbers["m0"]
    shared.put(rows, noise)
    for key in table.numbers:
        table.numbers[key] = shared

    parts = bundle(state, ACCESS)

    assert len(json.dumps(parts)) <= 210_000
    snapshot = parse_json(parts[MIME])
    assert len(snapshot.series()) == 200
    assert all(one.n == 1_000_001 and len(one.value) >= 8 for one in snapshot.series())


@pytest.mark.parametrize("name", ["plain", "x" * 5_000])
def test_size_is_bounded_for_thousands_of_metrics(name):
    """Thousands of metrics, also with long names, fit 210 kB; the rest is omitted."""
    state = RunState()
    state.apply([run_record(), RunFile.row({f"{name}{i}": float(i) for i in range(1_500)}, 0)])

    assert len(json.dumps(bundle(state, ACCESS))) <= 210_000


def test_one_line_leads_to_the_charts(short_run):
    """The line has escaped text, and what a view needs to draw one run or several in its place."""
    run = short_run.snapshot(0).header["run"]
    one = line_bundle.link_bundle([run], ["<b>"], [ACCESS], "under cell [5]")
    two = line_bundle.link_bundle([run, run], ["lr=1", "lr=2"], [ACCESS, ACCESS], "under cell [5]")

    assert one["text/plain"] == "The chart of <b> is under cell [5]"
    assert "&lt;b&gt;" in one["text/html"]
    assert one[LINK_MIME]["view"][MIME]["access"] == ACCESS
    assert two["text/plain"] == "The charts of 2 runs are under cell [5]"
    assert two[LINK_MIME]["view"][COMPARISON_MIME]["labels"] == ["lr=1", "lr=2"]


def test_text_and_html_name_the_newest_media(tmp_path):
    """A notebook without our extension shows which media each key has; hostile keys and kinds stay texts."""
    file = RunFile(tmp_path / "run")
    names = [f"media/images/{i}.png" for i in range(4)]
    file.log({"loss": 1, "samples": {"_type": "images/separated", "count": 4, "filenames": names}}, 0)
    file.log({HOSTILE: {"_type": f"{HOSTILE}-file", "path": "media/x/y"}}, 20)
    parts = bundle(streamed(file), ACCESS)

    assert "samples  4 pictures at step 0" in parts["text/plain"].splitlines()
    assert parts["text/plain"].endswith(" at step 20")
    assert "4 pictures at step 0</td>" in parts["text/html"]
    assert HOSTILE not in parts["text/html"]
    assert [one["rows"][0]["step"] for one in parts[MIME]["media"]] == [0, 20]
