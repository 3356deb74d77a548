"""The artifact versions behind the points of a stored run's charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artifact_client import ArtifactClient
from visiting import Visitor

from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from conftest import Client


def message_versions(visitor: Visitor) -> list[Any]:
    """Return the versions in the message that the charts of run a read."""
    return parse(visitor.get("/local/p/runs/a/data").content).header["artifacts"] or []


def test_points_lead_to_the_pages_of_versions(client: Client) -> None:
    """A version has the step before the one that its client sent, and a page; tables of rows and jobs are left out."""
    client.upsert("a")
    client.rows("a", 0, *(f'{{"_step": {step}, "loss": 1}}' for step in range(30)))
    logger = ArtifactClient(client, run="a")
    logger.log("early", {"a": b"0"}, artifactTypeName="dataset")
    logger.log("net", {"a": b"1"}, artifactTypeName="model", historyStep=11)
    logger.log("net", {"a": b"2"}, artifactTypeName="model", historyStep=21)
    for number, kind in enumerate(("run_table", "job", "wandb-history")):
        logger.log(f"other-{number}", {"a": b"3"}, artifactTypeName=kind)
    visitor = Visitor(client)
    versions = message_versions(visitor)
    assert [(each["name"], each["type"], each["step"], each["attempt"]) for each in versions] == [
        ("early:v0", "dataset", None, None),
        ("net:v0", "model", 10, None),
        ("net:v1", "model", 20, None),
    ]
    assert "net" in visitor.get(versions[1]["url"]).text
    assert versions[1]["url"] == "/local/p/artifacts/net/v0"
