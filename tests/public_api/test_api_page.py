"""The examples of `docs/api.md`, run unchanged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    import wandb_nb as wandb

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
READ, CHANGE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_run(start: Callable[..., wandb.Run], capsys: pytest.CaptureFixture[str]) -> None:
    """The page's programs list the right runs in the right order, read their rows, and store their changes."""
    for number, accuracy in enumerate((0.7, 0.9, 0.8, 0.99)):
        run = start(
            project="digits", id=f"r{number}", name=f"run {number}", config={"lr": 0.01 * number if number < 3 else 1}
        )
        run.log({"loss": 0.5})
        run.log({"loss": 0.25, "accuracy": accuracy})
        run.finish()
    names: dict[str, Any] = {}
    exec(READ, names)  # noqa: S102 -- the page's own program
    assert capsys.readouterr().out == "run 1 0.01 0.9\nrun 2 0.02 0.8\nrun 0 0.0 0.7\n"
    assert (names["rows"], names["frame"].loss.tolist()) == ([0.5, 0.25], [0.5, 0.25])
    exec(CHANGE, names)  # noqa: S102 -- the same
    changed = names["api"].run("digits/r2")
    assert (changed.config["note"], changed.tags, changed.summary["checked"]) == ("chosen", ["best"], True)
