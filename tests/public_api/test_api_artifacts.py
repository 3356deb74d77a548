"""Artifacts over `wandb.Api()`: versions, collections, types, and what runs made and used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import wandb_nb as wandb
from wandb_nb.errors import ArtifactNotFoundError, ArtifactStateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Start = Callable[..., wandb.Run]


@pytest.fixture
def made(start: Start, tmp_path: Path) -> wandb.Run:
    """Return a run that logged three versions of "data" and one of "model", and used data:v0."""
    run = start(project="digits", id="maker")
    for number in range(3):
        data = wandb.Artifact("data", "dataset")
        with data.new_file("numbers.txt") as file:
            file.write(str(number))
        run.log_artifact(data, aliases=["best"] if number == 1 else [], tags=["odd"] if number % 2 else [])
    run.log_model(_file(tmp_path / "weights"), name="model")
    run.use_artifact("data:v0")
    run.finish()
    return run


def _file(path: Path) -> Path:
    path.write_text("weights")
    return path


def test_versions_are_found(made: wandb.Run, tmp_path: Path) -> None:
    """A version is found by its number and aliases, by all forms of its name, and its files are read."""
    api = wandb.Api(overrides={"project": "digits"})
    names = {"data:v1": 1, "digits/data:best": 1, "local/digits/data:latest": 2, "data": 2}
    for name, number in names.items():
        assert api.artifact(name).version == f"v{number}", name
    folder = api.artifact("data:best").download(tmp_path / "out")
    assert (tmp_path / "out" / "numbers.txt").read_text() == "1"
    assert str(folder) == str(tmp_path / "out")
    assert api.artifact_exists("data:v2")
    assert not api.artifact_exists("data:v9")
    assert not api.artifact_exists("data:v2", "model")
    with pytest.raises(ArtifactNotFoundError, match="has no version 'v9'"):
        api.artifact("data:v9")
    assert made.id == "maker"


@pytest.mark.usefixtures("made")
def test_levels_lead_to_each_other() -> None:
    """Types have collections, these have versions; each says what it is."""
    api = wandb.Api(overrides={"project": "digits"})
    assert [each.name for each in api.artifact_types()] == ["dataset", "model"]
    (collection,) = api.artifact_collections("local/digits", "dataset")
    assert (collection.name, collection.entity, collection.project, collection.type) == (
        "data", "local", "digits", "dataset",
    )  # fmt: skip
    assert sorted(collection.aliases) == ["best", "latest"]
    assert [each.version for each in collection.artifacts()] == ["v2", "v1", "v0"]
    assert [each.version for each in api.artifacts("dataset", "digits/data", order="+created_at")] == ["v0", "v1", "v2"]
    assert [each.version for each in api.artifacts("dataset", "data", tags=["odd"])] == ["v1"]
    assert api.artifact_type("model").collection("model").artifacts()[0].type == "model"
    assert (api.artifact_collection_exists("data", "dataset"), api.artifact_collection_exists("data", "model")) == (
        True, False,
    )  # fmt: skip
    with pytest.raises(UsageError, match="there is no artifact 'data' of type 'model'"):
        api.artifact_collection("model", "data")


def test_runs_have_their_artifacts(made: wandb.Run, start: Start) -> None:
    """What a run logged and used is read from it, and can be added to a run that has ended."""
    run = wandb.Api().run("digits/maker")
    assert [each.name for each in run.logged_artifacts()] == ["data:v0", "data:v1", "data:v2", "model:v0"]
    assert [each.name for each in run.used_artifacts()] == ["data:v0"]
    start(project="digits", id="other").finish()
    other = wandb.Api().run("digits/other")
    model = wandb.Api().artifact("digits/model:latest")
    other.use_artifact(model)
    other.log_artifact(wandb.Api().artifact("digits/data:v1"), aliases=["checked"])
    assert [each.name for each in other.used_artifacts()] == ["model:v0"]
    assert wandb.Api().artifact("digits/data:checked").version == "v1"
    assert {user.id for user in model.used_by()} == {"other"}
    with pytest.raises(ArtifactStateError, match="was not logged"):
        other.use_artifact(wandb.Artifact("draft", "dataset"))
    assert made.id == "maker"


def test_a_collection_is_deleted(made: wandb.Run) -> None:
    """A deleted collection has no versions; other artifacts stay."""
    api = wandb.Api(overrides={"project": "digits"})
    api.artifact_collection("dataset", "data").delete()
    assert [each.name for each in api.artifact_types()] == ["model"]
    assert [each.name for each in api.run(made.id).logged_artifacts()] == ["model:v0"]
