"""The goal of a metric, from its definition in a client's config to the pages of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from visiting import Visitor

from wandb_nb.view import run_text
from wandb_nb.view.message.run_message import parse
from wandb_nb.view.picture.scene import text_curves

if TYPE_CHECKING:
    from conftest import Client

OWN = {"1": "acc", "6": [3], "7": [], "8": 2}
GLOB = {"2": "ac*", "6": [3], "7": [], "8": 2}


@pytest.mark.parametrize("path", ["data", "sampled"])
@pytest.mark.parametrize("definition", [OWN, GLOB])
def test_the_highest_value_of_a_maximized_metric_is_the_best(
    client: Client, definition: dict[str, Any], path: str
) -> None:
    """A page's data has the goal, so that the best accuracy is the highest, although the last one is lower."""
    client.upsert("a", config=json.dumps({"_wandb": {"value": {"m": [definition]}}}))
    client.rows("a", 0, *(json.dumps({"_step": step, "acc": acc}) for step, acc in enumerate([0.5, 0.9, 0.1])))
    message = parse(Visitor(client).get(f"/local/p/runs/a/{path}").content)
    (curve,) = text_curves(message)
    assert run_text.trend(curve) == "acc 0.5 → 0.1, highest 0.9 at step 1"
