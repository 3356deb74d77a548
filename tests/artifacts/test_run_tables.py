"""Tables of runs as artifacts of this machine, by the names that servers give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import wandb_nb as wandb
from wandb_nb.errors import ArtifactError, ArtifactNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable


def table(*values: int) -> wandb.Table:
    """Return a table of numbers and pictures."""
    picture = wandb.Image(np.zeros((3, 3, 3), np.uint8))
    return wandb.Table(columns=["x", "p"], data=[[value, picture] for value in values])


def test_a_logged_table_is_used_by_name(start: Callable[..., wandb.Run]) -> None:
    """Each logged content is a version; a later run reads the rows with their pictures, and the lineage is known."""
    with start(project="p", id="first-run") as run:
        run.log({"eval-table": table(1)})
        run.log({"eval-table": table(1)})
        run.log({"eval-table": table(1, 2)})
    user = start(project="p")
    artifact = user.use_artifact("run-first-run-eval-table:v0", type="run_table")
    value = artifact.get("eval-table")
    assert [(row[0], type(row[1])) for row in value.data] == [(1, wandb.Image)]
    newest = user.use_artifact("run-first-run-eval-table:latest")
    assert (newest.version, [row[0] for row in newest.get("eval-table").data]) == ("v1", [1, 2])
    assert newest.logged_by().id == "first-run"  # type: ignore[union-attr]  # it has one
    assert [using.id for using in newest.used_by()] == [user.id]


def test_a_table_that_is_logged_later_is_found(start: Callable[..., wandb.Run]) -> None:
    """A run reads a table of its own, and new versions of it as they are logged."""
    run = start(project="p", id="own")
    for number in range(2):
        run.log({"t": table(number)})
        assert run.use_artifact("run-own-t").version == f"v{number}"


def test_what_is_not_there_is_refused(start: Callable[..., wandb.Run]) -> None:
    """Other projects, keys and runs have no such table, and a damaged file of one is an error."""
    run = start(project="p", id="own")
    run.log({"t": table(1)})
    for name in ("run-own-other:v0", "run-none-t:v0", "other/run-own-t:v0", "run-own-t:v1"):
        with pytest.raises(ArtifactNotFoundError):
            run.use_artifact(name)
    run.log({"d": table(2)})
    assert run.directory is not None
    for file in (run.directory / "artifacts" / "objects").iterdir():
        file.chmod(0o600)
        file.write_bytes(b"damaged")
    with pytest.raises(ArtifactError, match="has changed"):
        run.use_artifact("run-own-d:v0")
