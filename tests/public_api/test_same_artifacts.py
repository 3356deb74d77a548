"""The same program over artifacts: W&B's own client and ours against our server, and ours over the store here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from api_readers import answers_by_reader, differences

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.official

LOG = """
import wandb_nb as wandb
with wandb.init(project="p", id="maker", settings={"silent": True}) as run:
    for number in range(3):
        data = wandb.Artifact("data", "dataset", description="numbers", metadata={"rows": number, "deep": {"a": [1]}})
        with data.new_file("a/numbers.txt") as file:
            file.write("number %d" % number)
        with data.new_file("same.txt") as file:
            file.write("the same in all")
        run.log_artifact(data, aliases=["best"] if number == 1 else [])
    table = wandb.Artifact("scores", "result")
    table.add(wandb.Table(["name", "score"], [["a", 0.5], ["b", 0.75]]), "scores")
    run.log_artifact(table)
with wandb.init(project="p", id="user", settings={"silent": True}) as run:
    run.use_artifact("data:best")
"""
ASK = """
import json, os, sys
api = wandb.Api()
data = api.artifact("local/p/data:best")
folder = data.download(os.path.join(sys.argv[1], "data"))
def files(root):
    paths = [os.path.join(at, name) for at, _, names in os.walk(root) for name in names]
    return {os.path.relpath(path, root): open(path).read() for path in paths}
collection = api.artifact_collection("dataset", "local/p/data")
answers = {
    "names": [data.version, data.type, data.project],
    "values": [data.description, data.metadata, data.size, data.file_count, data.digest, data.state],
    "aliases": sorted(data.aliases),
    "newest": [api.artifact("local/p/data:latest").version, api.artifact("local/p/data:v0").version],
    "files": files(folder),
    "entries": {name: [entry.digest, entry.size] for name, entry in data.manifest.entries.items()},
    "made by": data.logged_by().id,
    "table": api.artifact("local/p/scores:v0").get("scores").data,
    "used": [each.version for each in api.run("local/p/user").used_artifacts()],
    "used by": [each.id for each in data.used_by()],
    "logged": sorted(each.name for each in api.run("local/p/maker").logged_artifacts()),
    "versions": [each.version for each in api.artifacts("dataset", "local/p/data")],
    "types": sorted(each.name for each in api.artifact_types("local/p")),
    "collections": sorted(each.name for each in api.artifact_collections("local/p", "dataset")),
    "exists": [api.artifact_exists("local/p/data:v2"), api.artifact_exists("local/p/data:v7")],
    "collection aliases": sorted(alias for alias in collection.aliases if not alias.startswith("v")),
}
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """Return the answers to ASK by reader."""
    yield from answers_by_reader(tmp_path_factory, LOG, ASK)


@pytest.mark.parametrize("reader", ["server", "local"])
def test_artifacts_have_the_official_answers(answers: dict[str, dict[str, Any]], reader: str) -> None:
    """Versions, aliases, files, tables, makers and lists are those that W&B's own client reads."""
    assert differences(answers[reader], answers["official"]) == {}
