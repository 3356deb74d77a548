"""The same program over `wandb.Api()`: W&B's own client and ours against our server, and ours over the files here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from api_readers import answers_by_reader, differences

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.official

LOG = """
import wandb_nb as wandb
for number in range(4):
    config = {"lr": number / 10, "net": {"depth": number}}
    run = wandb.init(project="p", id=f"r{number}", name=f"run {number}", config=config,
                     tags=["a", f"t{number}"], notes="n", group="g", job_type="train", settings={"silent": True})
    for step in range(12):
        row = {"loss": 1 / (step + 1), "deep": {"x": step}, "text": "word"}
        run.log(row | ({"rare": step * number} if step % 5 == 0 else {}))
    run.summary["best"] = number
    with open("extra.txt", "w") as file:
        file.write("content")
    run.save("extra.txt")
    run.finish(exit_code=number % 2)
"""
ASK = """
import json, sys
api = wandb.Api()
run = api.run("local/p/r1")
def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in ("_timestamp", "_runtime", "_wandb")}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value
answers = {
    "attributes": [run.id, run.name, run.entity, run.project, run.state, run.path],
    "own": [run.tags, run.notes, run.group, run.job_type],
    "created": run.created_at,
    "config": run.config,
    "summary": plain(run.summary._json_dict),
    "best": run.summary.get("best"),
    "nested": run.summary["deep"]["x"],
    "last": run.lastHistoryStep,
    "history": plain(run.history(pandas=False)),
    "columns": sorted(run.history().columns),
    "keyed": plain(run.history(keys=["rare", "loss"], pandas=False)),
    "dotted": plain(run.history(keys=["deep.x"], pandas=False)),
    "sampled": [row["_step"] for row in run.history(samples=5, pandas=False)],
    "scan": plain(list(run.scan_history())),
    "scan keys": plain(list(run.scan_history(keys=["rare"], min_step=3))),
    "scan range": [row["_step"] for row in run.scan_history(min_step=2, max_step=7)],
    "files": sorted(file.name for file in run.files()),
    "sizes": {file.name: file.size for file in run.files(["extra.txt"])},
    "pattern": [file.name for file in run.files(pattern="%.txt")],
    "content": run.file("extra.txt").download(sys.argv[1], replace=True).read(),
    "metadata": run.metadata["python"],
    "projects": [project.name for project in api.projects("local")],
    "ids": [each.id for each in api.runs("local/p")],
    "newest": [each.id for each in api.runs("local/p", order="-created_at")],
    "length": len(api.runs("local/p", filters={"state": "finished"})),
    "filters": [
        sorted(each.id for each in api.runs("local/p", filters=tree)) for tree in (
            {"config.lr": {"$gt": 0.1}}, {"config.net.depth": 3}, {"tags": "t2"}, {"tags": {"$in": ["t1", "t3"]}},
            {"summary_metrics.best": {"$lte": 1}}, {"displayName": {"$regex": "run [12]"}},
            {"state": {"$ne": "failed"}},
            {"$or": [{"name": "r0"}, {"$and": [{"group": "g"}, {"jobType": "train"}, {"config.lr": 0.3}]}]},
        )
    ],
    "order": [each.id for each in api.runs("local/p", order="-summary_metrics.best")],
}
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """Return the answers to ASK by reader."""
    yield from answers_by_reader(tmp_path_factory, LOG, ASK)


@pytest.mark.parametrize("reader", ["server", "local"])
def test_the_api_gives_the_official_answers(answers: dict[str, dict[str, Any]], reader: str) -> None:
    """Attributes, config, summary, rows, files, filters and orders are those that W&B's own client reads."""
    assert differences(answers[reader], answers["official"]) == {}
