"""How the pages name the end of a run: what the program did, and what something outside it did."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from visiting import Visitor

import wandb_nb
from wandb_nb.exit_codes import state_of

if TYPE_CHECKING:
    from conftest import Client

PACKAGE = Path(wandb_nb.__file__).parent
SHEETS = {
    "pages": PACKAGE / "server/web/style.css",
    "view": PACKAGE.parent / "labextension/src/view/style.css",
    "sidebar": PACKAGE.parent / "labextension/src/lab/sidebar/sidebar.css",
}
FROM_OUTSIDE = ("stopped", "interrupted", "killed")


@pytest.mark.parametrize(
    ("code", "stopped", "outcome", "official"),
    [
        (0, False, "finished", "finished"),
        (0, True, "finished", "finished"),
        (1, False, "failed", "failed"),
        (1, True, "failed", "failed"),
        (130, False, "interrupted", "failed"),
        (130, True, "stopped", "failed"),
        (137, False, "killed", "failed"),
        (143, False, "killed", "failed"),
        (143, True, "stopped", "failed"),
        (255, False, "failed", "failed"),
        (255, True, "stopped", "failed"),
    ],
)
def test_pages_show_the_true_state(client: Client, code: int, stopped: bool, outcome: str, official: str) -> None:
    """The pages show who ended a run, by its exit code and whether Stop was pressed; W&B's clients see their states."""
    run = client.upsert("a")["bucket"]
    if stopped:
        client.query("mutation S($id: ID!) { stopRun(input: {id: $id}) { success } }", id=run["id"])
    client.stream("a", complete=True, exitcode=code)
    client.upsert("other")
    assert client.run("a", "state") == {"state": official}
    visitor = Visitor(client)
    label = f'<span class="state {outcome}">{outcome}</span>'
    for path in ("/local/p", "/local/p/runs/a", "/local/p/runs/a/overview", "/local/p/compare?run=a&run=other"):
        assert label in visitor.get(path).text, path
    for query, listed in (
        (f"state={outcome}", True),
        (f"q=state%3D{outcome}", True),
        (f"q=state!%3D{outcome}", False),
        ("state=running", False),
    ):
        assert ('data-run="a"' in visitor.get(f"/local/p?{query}").text) is listed, query


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (1, "failed"), (130, "interrupted"), (143, "killed")])
def test_the_state_of_an_exit_code(code: int, state: str) -> None:
    """The state that the command line and notebooks show follows from the exit code."""
    assert state_of(code) == state


def luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("sheet", SHEETS)
def test_an_end_from_outside_has_a_colour(sheet: str) -> None:
    """Stopped, interrupted and killed runs have a colour of their own, which is not that of a failure."""
    text = SHEETS[sheet].read_text("utf-8")
    rules = [line for line in text.splitlines() if "calm)" in line and "border" in line]
    assert len(rules) == 1
    assert all(state in rules[0] for state in FROM_OUTSIDE)


@pytest.mark.parametrize("sheet", ["pages", "view"])
def test_the_colour_is_legible(sheet: str) -> None:
    """The colour has a contrast of 4.5 with the ground, light and dark, and differs from the colour of a failure."""
    text = SHEETS[sheet].read_text("utf-8")
    calm, bad, card = (
        re.findall(rf"--(?:wnb-)?{name}: (#\w{{6}})", text) for name in ("calm", "bad", "(?:raised|card)")
    )
    assert len(calm) == len(bad) == len(card) == 2
    for colour, failure, ground in zip(calm, bad, card, strict=True):
        assert contrast(colour, ground) >= 4.5
        assert colour != failure
