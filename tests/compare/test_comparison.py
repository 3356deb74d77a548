"""Values and curves of a comparison, and agreement between all its forms."""

from __future__ import annotations

import base64
import json
import math
import re
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wandb_nb as wandb
from wandb_nb.compare import comparison_picture, run_choice
from wandb_nb.compare import comparison_text as text
from wandb_nb.compare.comparison import compare
from wandb_nb.compare.comparison_bundle import bundle
from wandb_nb.compare.comparison_input import run_labels
from wandb_nb.compare.comparison_message import diff_header, overlay
from wandb_nb.compare.curve_diff import align, describe_difference
from wandb_nb.compare.headline import headline
from wandb_nb.compare.legend import value_labels
from wandb_nb.compare.load_inputs import load
from wandb_nb.compare.value_diff import ABSENT, ValueRow, differing, value_rows
from wandb_nb.errors import RunNotFoundError
from wandb_nb.view.message.downsample import downsample
from wandb_nb.view.message.header_fields import COMPARISON_MIME
from wandb_nb.view.message.run_message import Message, Series

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.compare.comparison import Comparison

HOSTILE = "<script>alert(1)</script>"
values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))
trees = st.recursive(values, lambda inner: st.dictionaries(st.text(min_size=1), inner, max_size=4), max_leaves=12)


def track(folder: Path, rows: int = 20, rate: float = 0.1, name: str = "", **options: Any) -> Path:
    """Make a finished run, and return its directory."""
    config = {"lr": rate, "model": {"width": 64}, **options.pop("config", {})}
    settings = wandb.Settings(silent=True)
    with wandb.init(
        dir=folder, project="p", name=name or None, config=config, mode="offline", settings=settings, **options
    ) as run:
        for step in range(rows):
            run.log({"loss": 1 / (1 + rate * step), "same": step})
    assert run.directory is not None
    return run.directory


@pytest.fixture
def pair(tmp_path: Path) -> Comparison:
    """Return the comparison of two runs that differ in one config key and one metric."""
    return compare([load(track(tmp_path, rate=0.1, name="slow")), load(track(tmp_path, rate=0.5, name="fast"))])


def curve(steps: list[float], ys: list[float], attempts: list[list[int]] | None = None) -> Series:
    """Return a series of these points."""
    at = np.array(steps, float)
    return Series("m", at, at / 2, np.array(ys, float), attempts=attempts or [[0, 0]], n=len(ys))


def test_exactly_the_differing_keys_are_named(pair: Comparison) -> None:
    """Config and summary name only the differing key and metric, with both values and the change."""
    assert [(row.key, row.texts, row.change) for row in differing(pair.config)] == [
        ("lr", ["0.1", "0.5"], "+0.4 (+400 %)")
    ]
    assert [row.key for row in differing(pair.summary)] == ["loss"]
    assert [row.key for row in pair.config] == ["lr", "model.width"]
    assert pair.keys == ["loss", "same"]
    assert pair.labels == ["slow", "fast"]


def test_the_first_line_is_what_differs(pair: Comparison, tmp_path: Path) -> None:
    """Text, HTML and message begin with one line of what differs, and the legend has the config value of each run."""
    line = headline(pair)
    parts = bundle(pair)

    assert line == "slow → fast: lr 0.1 → 0.5 (+400 %) · loss 0.34483 → 0.095238 (-72.4 %)"
    assert pair.legend == ["lr=0.1 · slow", "lr=0.5 · fast"]
    assert text.lines(pair)[0] == parts["text/plain"].splitlines()[0] == line
    assert re.search(r"<strong>(.*?)</strong>", parts["text/html"])[1] == escape(line)
    assert (parts[COMPARISON_MIME]["diff"]["headline"], parts[COMPARISON_MIME]["labels"]) == (line, pair.legend)
    same = compare([load(track(tmp_path, name=name)) for name in ("one", "two")])
    assert headline(same) == "one → two: no differences found"
    assert same.legend == ["one", "two"]
    assert value_labels(["lr=1 · a", "lr=2 · b", "lr=2 · c", "d"]) == ["lr=1", "lr=2 · b", "lr=2 · c", "d"]


def test_the_first_line_of_many_runs(tmp_path: Path) -> None:
    """For more than two runs the line lists the distinct values of the keys that differ, at most three keys."""
    config = ["k0", "k1", "k2", "k3", "k4"]
    many = [load(track(tmp_path, name=f"r{n}", rate=n / 10, config=dict.fromkeys(config, n))) for n in (1, 2, 3)]

    line = headline(compare(many))

    assert line.startswith("3 runs: lr 0.1, 0.2, 0.3 · k0 1, 2, 3 · k1 1, 2, 3 · 3 more config values · loss ")


@given(st.lists(st.dictionaries(st.text(min_size=1), trees, max_size=5), min_size=2, max_size=4))
def test_every_leaf_is_in_one_row(matched: list[dict[str, Any]]) -> None:
    """A key's row has each run's value, or ABSENT if the run lacks the key; different values never look the same."""
    rows = {row.key: row for row in value_rows(matched)}
    flat = [{row.key: row.values[at] for row in rows.values()} for at in range(len(matched))]
    for tree, leaves in zip(matched, flat, strict=True):
        for key, value in tree.items():
            if not key.startswith("_") and not isinstance(value, dict) and "." not in key:
                assert leaves[key] is value
        assert all(value is ABSENT or isinstance(key, str) for key, value in leaves.items())
    for row in rows.values():
        assert row.same or len(set(row.texts)) > 1 or any(len(text or "") > 100 for text in row.texts)


@pytest.mark.parametrize(
    ("pair_of", "same", "change"),
    [
        ((1, 1.0), True, None),
        ((1, True), False, None),
        ((math.nan, math.nan), True, None),
        ((0, 3), False, "+3"),
        ((4.0, 3.0), False, "-1 (-25 %)"),
        (("a", 1), False, None),
        ((None, ABSENT), False, None),
        ((1.0, 1.0 + 2**-52), False, "+2.2204e-16"),
    ],
)
def test_values_side_by_side(pair_of: tuple[Any, Any], same: bool, change: str | None) -> None:
    """Numbers are equal for any type, bools are not numbers, and only two numbers have a change."""
    row = ValueRow("k", pair_of)
    assert (row.same, row.change) == (same, change)
    assert same or row.texts[0] != row.texts[1]


def test_curves_meet_on_one_axis() -> None:
    """Curves logged at different steps are compared at the steps of both, over their common range."""
    matched = align("m", [curve([0, 2, 4], [0, 2, 4]), curve([1, 3, 5], [2, 4, 6])])
    assert matched is not None
    assert matched.at.tolist() == [1, 2, 3, 4]
    assert matched.values[0].tolist() == [1, 2, 3, 4]
    assert matched.values[1].tolist() == [2, 3, 4, 5]
    assert (
        describe_difference(matched, ["A", "B"]) == "B is higher at 100 % of 4 common points, furthest apart at 1 by 1"
    )


def test_only_the_newest_attempt_and_finite_points_count() -> None:
    """A new attempt from step 0 is not mixed with the one before it, and NaN is not a point."""
    again = curve([0, 1, 2, 0, 1, 2], [9, 9, 9, 1, math.nan, 3], [[0, 0], [1, 3]])
    matched = align("m", [again, curve([0, 1, 2], [1, 2, 3])])
    assert matched is not None
    assert matched.values[0].tolist() == matched.values[1].tolist() == [1, 2, 3]
    assert describe_difference(matched, ["A", "B"]) == "the same at all 3 common points"


def test_curves_that_never_meet() -> None:
    """A missing metric, or steps without overlap, give no common axis."""
    assert align("m", [curve([0], [1]), None]) is None
    assert align("m", [curve([0, 1], [1, 1]), curve([5, 6], [1, 1])]) is None
    assert align("m", [curve([0], [math.nan]), curve([0], [1])]) is None


@given(st.lists(st.floats(allow_infinity=False), min_size=1, max_size=300), st.integers(4, 40), st.integers(0, 299))
def test_thinning_keeps_the_shape(ys: list[float], points: int, cut: int) -> None:
    """A thinned series keeps its ends, its extremes and its attempt boundaries, and never grows."""
    attempts = [[0, 0], [1, cut]] if 0 < cut < len(ys) else [[0, 0]]
    one = curve(list(range(len(ys))), ys, attempts)
    few = downsample(one, points)
    assert len(few.value) <= max(points + 8, len(ys) if len(ys) <= points else 0)
    assert (few.step[0], few.step[-1]) == (0, len(ys) - 1)
    finite = [value for value in ys if math.isfinite(value)]
    if finite:
        assert (np.nanmin(few.value), np.nanmax(few.value)) == (min(finite), max(finite))
    assert [attempt for attempt, _ in few.lines()] == [attempt for attempt, _ in one.lines()]
    assert [few.step[where][0] for _, where in few.lines()] == [one.step[where][0] for _, where in one.lines()]


def test_labels_distinguish_runs() -> None:
    """Runs with equal names get their ids, and one run compared with itself a number."""
    run: Any = {"name": "a", "id": "1"}
    assert run_labels([run, {"name": "b", "id": "2"}]) == ["a", "b"]  # type: ignore[list-item]
    assert run_labels([run, {"name": "a", "id": "2"}]) == ["a (1)", "a (2)"]  # type: ignore[list-item]
    assert run_labels([run, run]) == ["a (1) #1", "a (1) #2"]


def test_the_message_holds_whole_runs(pair: Comparison) -> None:
    """Each run is decoded as its own message; equal columns of two runs are stored once."""
    runs = [subject.message for subject in pair.inputs]
    message_pair = overlay(runs, diff=diff_header(pair))
    body = message_pair.to_bytes()
    header = json.loads(body[4 : 4 + int.from_bytes(body[:4], "little")])

    assert [one["run"]["name"] for one in header["runs"]] == header["labels"] == ["slow", "fast"]
    assert [len(one.series()) for one in message_pair.messages()] == [2, 2]
    for run, message in zip(runs, message_pair.messages(), strict=True):
        assert [one.value.tolist() for one in message.series()] == [one.value.tolist() for one in run.series()]
    places = [facts["columns"]["step"] for one in header["runs"] for facts in one["series"]]
    assert len({tuple(place) for place in places}) == 1
    assert header["diff"]["config"][0] == {
        "key": "lr",
        "texts": ["0.1", "0.5"],
        "same": False,
        "change": "+0.4 (+400 %)",
    }
    assert (4 + int.from_bytes(body[:4], "little")) % 8 == 0


def test_all_parts_of_an_output_agree(pair: Comparison) -> None:
    """Message, HTML, picture and text are there; the HTML has no outside links; the text names winner and values."""
    parts = bundle(pair)

    assert parts.keys() == {COMPARISON_MIME, "text/html", "image/png", "text/plain"}
    assert base64.b64decode(parts["image/png"])[:8] == b"\x89PNG\r\n\x1a\n"
    without_picture = re.sub(r'src="data:image/png;base64,[A-Za-z0-9+/=]+"', "", parts["text/html"])
    assert not re.search(r"<iframe|<script|http|<style|url\(|@import|href", without_picture)
    assert "+0.4 (+400 %)" in parts["text/html"]
    assert "fast is lower at 95 % of 20 common points" in parts["text/plain"]
    assert "the same at all 20 common points" in parts["text/plain"]
    saved = parts[COMPARISON_MIME]
    floats = np.frombuffer(base64.b64decode(saved["data"]), "<" + saved["dtype"])
    first, count = saved["runs"][1]["series"][0]["columns"]["value"]
    assert floats[first : first + count][-1] == pytest.approx(1 / (1 + 0.5 * 19))


def test_hostile_names_stay_texts(tmp_path: Path) -> None:
    """Markup and control characters in names and config are escaped in HTML and cleaned in text."""
    runs = [load(track(tmp_path, name=HOSTILE, config={HOSTILE: f"{HOSTILE}\x1b[31m{at}"})) for at in range(2)]
    parts = bundle(compare(runs))
    assert "<script" not in parts["text/html"]
    assert "\x1b" not in json.dumps(parts["text/html"]) + parts["text/plain"]
    assert "&lt;script&gt;" in parts["text/html"]


def test_a_long_comparison_stays_small(tmp_path: Path) -> None:
    """Five runs with many metrics, large configs and long sources fit 210 kB of notebook."""
    noise = np.random.default_rng(0)
    runs = []
    for at in range(5):
        config = {f"k{n}": "x" * 300 + str(at) for n in range(300)}
        with wandb.init(dir=tmp_path, config=config, mode="offline", settings=wandb.Settings(silent=True)) as run:
            for row in noise.standard_normal((3_000, 30)):
                run.log({f"metric/{n}": value for n, value in enumerate(row.tolist())})
        assert run.directory is not None
        code = run.directory / "files/code"
        code.mkdir(exist_ok=True)
        (code / "long.py").write_text("\n".join(f"line {at} {n}" for n in range(20_000)))
        runs.append(load(run.directory))

    assert len(json.dumps(bundle(compare(runs)))) < 210_000
    assert len(json.dumps(bundle(compare(runs[:2])))) < 210_000


def test_keys_choose_the_metrics(tmp_path: Path) -> None:
    """With keys, only those metrics are drawn and described."""
    runs = [load(track(tmp_path)) for _ in range(3)]
    matched = compare(runs, ["loss"])
    assert matched.keys == comparison_picture.chart_keys(matched) == ["loss"]
    assert [row.key for row in matched.summary] == ["loss"]
    assert matched.code == []
    assert "same" not in "\n".join(text.lines(matched)).split("curves")[1].split("git")[0]


def test_a_group_or_a_project_is_chosen(tmp_path: Path) -> None:
    """The newest runs come from the newest run's project, without replaced ones; a group may span projects."""
    track(tmp_path, group="g", name="one")
    track(tmp_path, id="again", name="two")
    track(tmp_path, id="again", name="three")
    with wandb.init(dir=tmp_path, project="q", group="g", name="four", settings={"silent": True}):
        pass
    assert [entry.name for entry in run_choice.newest_runs()] == ["four"]
    assert [entry.name for entry in run_choice.newest_runs(project="p")] == ["three", "one"]
    assert [entry.name for entry in run_choice.newest_runs(group="g")] == ["four", "one"]
    assert run_choice.compare_entries(run_choice.newest_runs(project="p")).labels == ["one", "three"]
    with pytest.raises(RunNotFoundError, match="only one run"):
        run_choice.compare_entries(run_choice.newest_runs())


def test_latest_counts_back(tmp_path: Path) -> None:
    """`latest~1` is the run before the newest; a too large number is an error that names the choice."""
    track(tmp_path, name="one")
    track(tmp_path, name="two")
    assert run_choice.compare_pair("latest~1", "latest").labels == ["one", "two"]
    with pytest.raises(RunNotFoundError, match="latest~7"):
        run_choice.compare_pair("latest~7", "latest")


def test_a_running_run_and_a_resumed_one(tmp_path: Path) -> None:
    """An active run is compared up to its last row; all parts of a resumed run count."""
    track(tmp_path, id="whole", rows=10)
    track(tmp_path, id="whole", rows=10, resume="allow")
    with wandb.init(dir=tmp_path, project="p", mode="offline", settings={"silent": True}) as run:
        run.log({"loss": 3.0})
        matched = run_choice.compare_pair("whole", run.id)
    assert [len(curve.value) for curve in matched.curves("loss") if curve is not None] == [20, 1]
    assert matched.inputs[1].run["state"] == "running"


def test_a_message_is_decoded_by_its_own_header() -> None:
    """A run without series is a run without curves, not an error."""
    empty = Message(
        {
            "run": {"id": "a", "name": "", "startTime": 0.0},
            "config": None,
            "summary": None,
            "series": [],
            "metrics": None,
        },
        b"",
    )  # type: ignore[typeddict-item]
    decoded = overlay([empty, empty])
    assert [message.series() for message in decoded.messages()] == [[], []]
    assert decoded.to_json()["data"] == ""


def test_text_is_quick_for_long_runs() -> None:
    """Describing 100,000 points takes work in proportion to the shown points, not to the logged ones."""
    steps = list(range(100_000))
    long = curve([float(step) for step in steps], [1 / (1 + step) for step in steps])
    newest = text._newest_attempt(long)
    assert len(newest.values) <= 1_010
    assert (newest.values[0], newest.values[-1], newest.steps[-1]) == (1.0, 1 / 100_000, 99_999)
