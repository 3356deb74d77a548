"""Artifacts of the official client, as real processes, against a real server, and those of ours read by it.

OFFICIAL_PYTHON is an interpreter with another version of the package, as in `test_official`.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_official import Server

import wandb_nb

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.official


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a running server."""
    running = Server(tmp_path_factory.mktemp("artifacts"))
    yield running
    running.close()


def results(server: Server, source: str, *arguments: str) -> dict[str, Any]:
    """Return the dict `out` that *source* fills in a new process with the official package."""
    begin = "import json, os, pathlib\nout = {}\napi = wandb.Api()\n"
    text = server.python(begin + source + "\nprint(json.dumps(out))", *arguments)
    return json.loads(text.splitlines()[-1])


LOG = """
run = wandb.init(project="p", id="made", config={"lr": 1})
big = bytes(range(256)) * 20_000
def draft(first):
    artifact = wandb.Artifact("data", "dataset", description="text", metadata={"k": 1})
    with artifact.new_file("a.txt") as file: file.write(first)
    with artifact.new_file("deep/big.bin", mode="wb") as file: file.write(big)
    artifact.add(wandb.Table(["x"], [[1], [2]]), "t")
    return artifact
pathlib.Path("ref.txt").write_text("referenced")
first = draft("one")
first.add_reference(pathlib.Path("ref.txt").absolute().as_uri(), name="ref.txt")
for artifact, aliases in ((first, ["best"]), (draft("two"), []), (draft("two"), ["again"])):
    run.log_artifact(artifact, aliases=aliases, tags=["tag"]).wait()
    out[str(len(out))] = [artifact.version, sorted(artifact.aliases), artifact.state, artifact.digest]
run.log({"table": wandb.Table(["y"], [["z"]])})
run.finish()
"""
USE = """
run = wandb.init(project="p", id="used")
for name in ("data:best", "data:latest"):
    artifact = run.use_artifact(name)
    root = pathlib.Path(artifact.download())
    files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    text, big = (root / "a.txt").read_text(), (root / "deep/big.bin").read_bytes()
    out[name] = [artifact.version, files, text, big == bytes(range(256)) * 20_000, artifact.get("t").data]
out["fields"] = [artifact.description, artifact.metadata, list(artifact.tags), artifact.type]
out["entry"] = pathlib.Path(artifact.get_entry("a.txt").download(root="entry")).read_text()
run.finish()
out["logged"] = [each.name for each in api.run("p/made").logged_artifacts()]
out["used"] = sorted(each.name for each in api.run("p/used").used_artifacts())
best = api.artifact("local/p/data:best")
out["by"] = [best.logged_by().id, [each.id for each in best.used_by()], best.verify(best.download())]
out["versions"] = [each.version for each in api.artifacts("dataset", "p/data")]
out["types"] = [each.name for each in api.artifact_types("p")]
out["collections"] = [each.name for each in api.artifact_collections("p", "dataset")]
out["aliases"] = sorted(api.artifact_collection("dataset", "p/data").aliases)
out["files"] = sorted(each.name for each in best.files())
out["exists"] = [api.artifact_exists("p/" + name) for name in ("data:v0", "data:v9", "none:v0")]
out["table"] = api.artifact("p/run-made-table:latest").get("table").data
"""
CHANGE = """
from datetime import timedelta
artifact = api.artifact("p/data:v0")
artifact.aliases.append("new"); artifact.description = "changed"; artifact.metadata["q"] = 2
artifact.ttl = timedelta(days=3); artifact.tags = ["other"]
artifact.save()
artifact = wandb.Api().artifact("p/data:new")
out["changed"] = [artifact.version, artifact.description, artifact.metadata, artifact.ttl.days, list(artifact.tags)]
artifact.aliases.remove("new"); artifact.save()
out["removed"] = "new" in wandb.Api().artifact("p/data:v0").aliases
collection = wandb.Api().artifact_collection("dataset", "p/data")
collection.change_type("moved")
out["moved"] = wandb.Api().artifact("p/data:v0").type
wandb.Api().artifact_collection("moved", "p/data").change_type("dataset")
artifact.link("p/portfolio", aliases=["prod"])
linked = wandb.Api().artifact("p/portfolio:prod")
out["linked"] = [linked.version, linked.source_name, sorted(os.listdir(linked.download(root="linked")))]
linked.unlink()
out["unlinked"] = api.artifact_exists("p/portfolio:prod")
newest = api.artifact("p/data:v1")
try: newest.delete()
except Exception as error: out["refused"] = "aliases" in str(error)
newest.delete(delete_aliases=True)
out["gone"] = api.artifact_exists("p/data:v1")
run = wandb.init(project="p", id="last")
artifact = wandb.Artifact("data", "dataset")
with artifact.new_file("c") as file: file.write("c")
out["next"] = run.log_artifact(artifact).wait().version
run.finish()
collection = wandb.Api().artifact_collection("dataset", "p/data")
collection.name = "renamed"; collection.description = "about"; collection.save()
out["renamed"] = wandb.Api().artifact_collection("dataset", "p/renamed").description
collection.delete()
out["left"] = wandb.Api().artifact_collection_exists("p/renamed", "dataset")
"""


def test_artifacts_of_the_official_client(server: Server) -> None:
    """It logs, uses, downloads, lists, changes, links and deletes versions as on W&B's server."""
    logged = results(server, LOG)
    assert [each[:3] for each in logged.values()] == [
        ["v0", ["best", "latest"], "COMMITTED"],
        ["v1", ["latest"], "COMMITTED"],
        ["v1", ["again", "latest"], "COMMITTED"],
    ]
    files = ["a.txt", "deep/big.bin", "ref.txt", "t.table.json"]
    later = [name for name in files if name != "ref.txt"]
    assert results(server, USE) == {
        "data:best": ["v0", files, "one", True, [[1], [2]]],
        "data:latest": ["v1", later, "two", True, [[1], [2]]],
        "fields": ["text", {"k": 1}, ["tag"], "dataset"],
        "entry": "two",
        "logged": ["data:v0", "data:v1", "run-made-table:v0"],
        "used": ["data:v0", "data:v1"],
        "by": ["made", ["used"], None],
        "versions": ["v1", "v0"],
        "types": ["dataset", "run_table"],
        "collections": ["data"],
        "aliases": ["again", "best", "latest"],
        "files": files,
        "exists": [True, False, False],
        "table": [["z"]],
    }
    assert results(server, CHANGE) == {
        "changed": ["v0", "changed", {"k": 1, "q": 2}, 3, ["other"]],
        "removed": False,
        "moved": "moved",
        "linked": ["v0", "data:v0", ["a.txt", "deep", "ref.txt", "t.table.json"]],
        "unlinked": False,
        "refused": True,
        "gone": False,
        "next": "v2",
        "renamed": "about",
        "left": False,
    }


def test_several_writers_and_increments(server: Server) -> None:
    """Writers of one group fill one version; an incremental one continues the version before it."""
    source = """
for name in ("first", "second"):
    with wandb.init(project="q", id=name, group="g") as run:
        artifact = wandb.Artifact("shared", "data")
        with artifact.new_file(name) as file: file.write(name)
        run.upsert_artifact(artifact, distributed_id="d")
with wandb.init(project="q", id="third", group="g") as run:
    artifact = wandb.Artifact("shared", "data")
    out["version"] = run.finish_artifact(artifact, distributed_id="d").wait().version
    for name in ("one", "two"):
        artifact = wandb.Artifact("growing", "data", incremental=True)
        with artifact.new_file(name) as file: file.write(name)
        run.log_artifact(artifact).wait()
for name in ("shared", "growing"):
    out[name] = sorted(each.name for each in api.artifact(f"q/{name}:latest").files())
"""
    assert results(server, source) == {"version": "v0", "shared": ["first", "second"], "growing": ["one", "two"]}


def test_our_runs_are_read_by_the_official_client(server: Server, tmp_path: Path) -> None:
    """Artifacts, their uses and tables that `wandb-nb sync` sends are those that the official client reads, once."""
    place: dict[str, Any] = {"project": "o", "mode": "offline", "dir": tmp_path, "settings": {"silent": True}}
    with wandb_nb.init(**place) as run:
        artifact = wandb_nb.Artifact("model", "model", metadata={"accuracy": 1})
        artifact.ttl = timedelta(days=3)
        with artifact.new_file("weights.bin", mode="wb") as file:
            file.write(b"\0\1" * 50_000)
        run.log_artifact(artifact, aliases=["best"], tags=["small"])
        run.log({"t": wandb_nb.Table(["x", "y"], [[1, "a"], [2, "b"]])})
        growing = wandb_nb.Table(["n"], log_mode="INCREMENTAL")
        for number in range(3):
            growing.add_data(number)
            run.log({"grow": growing})
    with wandb_nb.init(**place) as user:
        user.use_artifact("model:best")
        user.use_artifact(wandb_nb.Artifact("draft", "data"))
    command = [str(Path(sys.executable).with_name("wandb-nb")), "sync", "--include-synced"]
    server.command(*command, str(user.directory), code=1)  # the server lacks the artifact that it uses
    for _ in range(2):
        server.command(*command, str(run.directory), str(user.directory))
    source = """
artifact = api.artifact("o/model:best")
out["model"] = [artifact.version, artifact.metadata, list(artifact.tags), artifact.ttl.days]
out["by"] = [artifact.logged_by().id, [each.id for each in artifact.used_by()]]
out["used"] = sorted(each.name for each in api.run("o/" + sys.argv[2]).used_artifacts())
out["bytes"] = pathlib.Path(artifact.download(), "weights.bin").read_bytes() == bytes((0, 1)) * 50_000
out["table"] = api.artifact(f"o/run-{sys.argv[1]}-t:latest").get("t").data
out["versions"] = [len(list(api.artifacts(kind, name))) for kind, name in
                   (("model", "o/model"), ("run_table", f"o/run-{sys.argv[1]}-t"))]
(kind,) = [each for each in api.artifact_types("o") if "incremental" in each.name]
(collection,) = kind.collections()
out["increments"] = [sum(1 for _ in each.files()) for each in collection.artifacts()]
"""
    assert results(server, source, run.id, user.id) == {
        "model": ["v0", {"accuracy": 1}, ["small"], 3],
        "by": [run.id, [user.id]],
        "used": ["draft:v0", "model:v0"],
        "bytes": True,
        "table": [[1, "a"], [2, "b"]],
        "versions": [1, 1],
        "increments": [3, 2, 1],
    }
