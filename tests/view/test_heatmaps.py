"""Histograms, lists and texts that were logged over steps, in the message of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from view_runs import RunFile

from wandb_nb.store.reading.history_table import HistoryTable
from wandb_nb.view.message.run_message import parse, parse_json
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.objects.heatmaps import MAX_BINS, MAX_COLUMNS, Heatmap, heatmap_keys, make_heatmap
from wandb_nb.view.objects.logged_texts import MAX_CHARACTERS, MAX_TOTAL, text_series

if TYPE_CHECKING:
    from pathlib import Path


def table_of(*values: Any, key: str = "w", attempts: list[int] | None = None) -> HistoryTable:
    """Return a table in which row i has value i under *key*."""
    table = HistoryTable()
    numbers = attempts or [0] * len(values)
    table.append_rows(
        [
            {"_step": step, "_runtime": step / 2, "_attempt": attempt, key: value}
            for step, (value, attempt) in enumerate(zip(values, numbers, strict=True))
        ]
    )
    return table


def histogram(edges: list[float], counts: list[float]) -> dict[str, Any]:
    """Return a histogram as it is logged."""
    return {"_type": "histogram", "bins": edges, "values": counts}


def only(table: HistoryTable) -> Heatmap:
    """Return the one heat map of *table*."""
    (key,) = heatmap_keys(table)
    heatmap = make_heatmap(key, table)
    assert heatmap is not None
    return heatmap


def test_histograms_get_common_bins() -> None:
    """Histograms with different bins are counted anew between common edges; no value is lost."""
    made = only(table_of(histogram([0, 1, 2], [3, 4]), histogram([1, 2, 4], [6, 8])))

    assert (made.kind, made.n, made.step.tolist(), made.time.tolist()) == ("histogram", 2, [0, 1], [0, 0.5])
    assert (made.edges[0], made.edges[-1], made.cells.shape) == (0, 4, (2, MAX_BINS))
    assert np.allclose(made.cells.sum(axis=1), [7, 14])
    assert np.allclose(made.cells[0, : MAX_BINS // 4].sum(), 3)
    assert np.allclose(made.cells[1, : MAX_BINS // 2].sum(), 6)


def test_packed_bins_and_long_lists_are_histograms() -> None:
    """The short form of equal bins, and a list of many numbers, are read as histograms."""
    packed = {"_type": "histogram", "packedBins": {"min": -1, "size": 0.5, "count": 4}, "values": [1, 2, 3, 4]}
    made = only(table_of(packed))
    assert (made.edges[0], made.edges[-1], made.cells.sum()) == (-1, 1, 10)

    values = np.random.default_rng(0).standard_normal(500).tolist()
    made = only(table_of(values))
    assert made.kind == "histogram"
    assert np.isclose(made.cells.sum(), 500)


def test_short_lists_are_drawn_by_index() -> None:
    """Each element of a short list is a row of the heat map; shorter lists have gaps."""
    made = only(table_of([1, 2, 3], [4, 5]))

    assert (made.kind, made.edges.tolist()) == ("list", [-0.5, 0.5, 1.5, 2.5])
    assert np.array_equal(made.cells, [[1, 2, 3], [4, 5, np.nan]], equal_nan=True)


def test_a_long_run_is_sampled_with_its_last_value() -> None:
    """At most a hundred steps are chosen, evenly, of the newest attempt; the last one is among them."""
    made = only(table_of(*[[step] for step in range(1_000)], attempts=[0] * 300 + [1] * 700))

    assert (made.n, len(made.step)) == (1_000, MAX_COLUMNS)
    assert (made.step[0], made.step[-1]) == (300, 999)
    assert set(np.diff(made.step)) <= {7, 8}


@pytest.mark.parametrize(
    "value",
    [
        histogram([0, 1], [1, 2]),
        histogram([1, 0], [1]),
        histogram([0, 1], [-1]),
        histogram([0, float("nan")], [1]),
        histogram([0, 1e308], [1]),
        histogram([0, 10**400], [1]),
        {"_type": "histogram"},
        {"_type": "histogram", "packedBins": {"min": 0, "size": 1, "count": 10**12}, "values": [1]},
        {"_type": "histogram", "packedBins": [], "bins": "ab", "values": {}},
        [10**400],
        [float("nan")] * 100,
    ],
)
def test_what_is_malformed_is_left_out(value: Any) -> None:
    """Values that a foreign program wrote wrongly are left out, and the others are drawn."""
    assert make_heatmap("w", table_of(value)) is None
    made = make_heatmap("w", table_of(value, histogram([0, 1], [5])))
    assert made is not None
    assert (made.step.tolist(), made.cells.sum()) == ([1], 5)


@pytest.mark.parametrize("value", [[], [[1, 2]], ["a"], [None], {"_type": "image-file"}, "text", None])
def test_other_values_are_no_heat_maps(value: Any) -> None:
    """Nested lists, pictures and texts make no heat map."""
    assert heatmap_keys(table_of(value)) == []


def test_the_last_texts_are_a_table() -> None:
    """A message has the last twenty texts of a metric, shortened, and not more than its share of characters."""
    (texts,) = text_series(table_of(*[f"text {step}" for step in range(50)], "x" * 10_000))

    assert (texts["key"], texts["n"], len(texts["rows"])) == ("w", 51, 20)
    assert texts["rows"][0] == {"step": 31, "time": 15.5, "text": "text 31", "cut": False}
    assert (len(texts["rows"][-1]["text"]), texts["rows"][-1]["cut"]) == (MAX_CHARACTERS, True)
    many = HistoryTable()
    many.append_rows([{"_step": step, **{f"t{i}": "y" * 5_000 for i in range(60)}} for step in range(30)])
    assert sum(len(row["text"]) for one in text_series(many) for row in one["rows"]) <= MAX_TOTAL


def test_a_message_has_them_once(tmp_path: Path) -> None:
    """Heat maps and texts come with the first message, and again when one was logged."""
    file = RunFile(tmp_path / "run")
    file.log({"loss": 1, "w": histogram([0, 1], [2]), "note": "first"}, 0)
    stream = RunStream(file.directory, lambda _directory: True)
    stream.advance()
    first = parse(stream.message().to_bytes())
    file.log({"loss": 2}, 1)
    stream.advance()
    second = stream.message(first.header["cursor"])
    file.log({"note": "later"}, 2)
    stream.advance()
    third = parse(stream.message(second.header["cursor"]).to_bytes())

    assert [one.key for one in first.heatmaps()] == ["w"]
    assert first.heatmaps()[0].cells.sum() == 2
    assert (second.header["heatmaps"], second.header["texts"]) == (None, None)
    assert third.heatmaps()[0].cells.sum() == 2
    assert [row["text"] for row in (third.header["texts"] or [])[0]["rows"]] == ["first", "later"]
    assert [one.key for one in third.series()] == []


def test_a_saved_snapshot_has_them_in_less_detail(tmp_path: Path) -> None:
    """The snapshot in a notebook keeps a coarse heat map and a few texts, as float32."""
    file = RunFile(tmp_path / "run")
    for step in range(200):
        file.log({"w": np.random.default_rng(step).standard_normal(99).tolist(), "note": f"n{step}"}, step)
    stream = RunStream(file.directory, lambda _directory: True)
    while stream.advance():
        pass
    saved = stream.snapshot().to_json(dtype="f4")
    (made,) = parse_json(saved).heatmaps()

    assert len(saved["data"]) < 12_000
    assert 20 <= len(made.step) <= 48
    assert np.allclose(made.cells.sum(axis=1), 99, rtol=1e-3)
    assert [row["text"] for row in saved["texts"][0]["rows"]] == ["n195", "n196", "n197", "n198", "n199"]
