"""The page that shows how much each config key tells about a result."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from visiting import HOSTILE, Visitor

from wandb_nb.server.query.config_features import MAX_KEYS, average_ranks, config_features, spearman
from wandb_nb.server.query.importance import sample_evenly

if TYPE_CHECKING:
    from conftest import Client

PAGE = "/local/p/importance"
ROW = re.compile(r'<tr><th scope="row" title="([^"]+)">.*?</tr>', re.DOTALL)
NUMBER = re.compile(r'<td class="number">([^<]+)</td>')


def add_runs(client: Client, count: int) -> None:
    """Add runs whose loss follows the learning rate and the optimizer, and not the seed."""
    random = np.random.default_rng(5)
    for index in range(count):
        rate, optimizer = 10 ** -random.uniform(1, 5), ("adam", HOSTILE)[index % 2]
        values: dict[str, Any] = {"lr": rate, "optimizer": optimizer, "seed": int(random.integers(1000)), "same": 1}
        config = json.dumps({key: {"value": value} for key, value in {**values, HOSTILE: index % 3}.items()})
        loss = rate * 10 + (optimizer == "adam") * 0.3
        client.upsert(f"r{index}", config=config, summaryMetrics=json.dumps({"loss": loss, "flat": 1}))


def rows(text: str) -> dict[str, list[str]]:
    """Return the numbers of the table by config key."""
    return {match[1]: NUMBER.findall(match[0]) for match in ROW.finditer(text)}


def test_what_decides_is_first(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that decide the result lead, the page reports R² and runs, and is computed once for the same data."""
    add_runs(client, 60)
    visitor = Visitor(client)
    text = visitor.get(f"{PAGE}?y=summary_metrics.loss").text
    table = rows(text)
    assert set(list(table)[:2]) == {"lr", "optimizer"}
    assert "same" not in table
    assert len(table) == 4
    assert HOSTILE not in text
    assert float(table["lr"][0]) > 10 * abs(float(table["seed"][0]))
    assert float(table["lr"][1]) > 0.4
    assert len(table["optimizer"]) == 2  # no correlation
    found = re.search(r"R² = (\d\.\d+)", text)
    assert found is not None
    assert float(found[1]) > 0.6
    assert "Computed from 60 runs that have this number" in text
    monkeypatch.setattr("wandb_nb.server.query.forest_fit.fit_forests", lambda *_: pytest.fail("computed again"))
    assert rows(visitor.get(f"{PAGE}?y=summary_metrics.loss").text) == table
    assert "All of these 60 runs have the same flat" in visitor.get(f"{PAGE}?y=summary_metrics.flat").text
    assert "0 runs of this search have the number" in visitor.get(f"{PAGE}?y=summary_metrics.loss&q=nowhere").text
    for name in ("name", "config", HOSTILE):
        assert visitor.get(f"{PAGE}?y={quote(name)}").status_code == 400


def test_without_scikit_learn(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without scikit-learn names the package to install and shows correlations."""
    add_runs(client, 12)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    text = Visitor(client).get(PAGE).text
    assert "pip install scikit-learn" in text
    assert {key: len(numbers) for key, numbers in rows(text).items()}["lr"] == 2


def test_features_are_bounded_and_ranks_are_means() -> None:
    """Keys and categories beyond the limits are left out, ties share a rank, and huge numbers keep their order."""
    configs = [{f"k{key}": index for key in range(70)} | {"text": f"t{index}"} for index in range(300)]
    features, left_out = config_features(configs)
    assert (len(features), left_out) == (MAX_KEYS, 11)
    (only,), _ = config_features([{"text": config["text"]} for config in configs])
    assert only.columns.shape == (300, 200)
    (numbers,), _ = config_features([{"a": 1e308}, {"a": -(10**300)}, {"a": float("nan")}, {}])
    assert numbers.columns.tolist() == [[2, 0], [1, 0], [0, 1], [0, 1]]
    assert average_ranks(np.array([5.0, 1.0, 5.0])).tolist() == [2.5, 1, 2.5]
    assert spearman(np.array([1.0, 2.0, 9.0, np.nan]), np.array([-1.0, -5.0, -6.0, 1.0])) == pytest.approx(-1)
    assert spearman(np.ones(3), np.arange(3.0)) is None
    assert sample_evenly(range(100), 4) == [0, 25, 50, 75]
