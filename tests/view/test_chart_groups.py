"""Metrics that share a chart."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from wandb_nb.view.message.chart_groups import definition, group

CASES = json.loads(Path(__file__).with_name("charts_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_shared_case(case):
    """Each case, shared with the TypeScript view, gives its sections."""
    sections = [asdict(section) for section in group(case["keys"], case["metrics"])]

    assert case["sections"] == sections


def test_exact_definition_wins_over_glob():
    """A key that has its own definition does not follow a glob, in either order."""
    glob = {"name": "a/*", "glob": True, "step": "epoch", "goal": None, "hidden": True}
    exact = {"name": "a/b", "glob": False, "step": None, "goal": None, "hidden": False}

    assert definition("a/b", [glob, exact]) is exact
    assert definition("a/c", [glob, exact]) is glob
    assert definition("b", [glob, exact]) is None
