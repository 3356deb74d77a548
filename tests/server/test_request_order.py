"""Requests that arrive after later ones change nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Client

PATH = "/files/local/p/a/file_stream"
UPSERT = """mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { config state } } }"""
ANNOUNCE = """mutation C($n: String!) {
  createRunFiles(input: {entityName: "local", projectName: "p", runName: "a", files: [$n]}) { files { uploadUrl } }
}"""


def post(client: Client, order: int | None, offset: int, *rows: dict[str, Any], **more: Any) -> Any:
    """Post rows with the number *order*; return the answer."""
    files = {"wandb-history.jsonl": {"offset": offset, "content": [json.dumps(row) for row in rows]}}
    headers = {} if order is None else {"X-Wandb-Nb-Order": str(order)}
    answer = client.send("POST", PATH, json={"files": files, **more}, headers=headers)
    assert answer.status_code == 200
    return answer.json()


def test_overtaken_post_changes_nothing(client: Client) -> None:
    """An old part of a row does not replace the whole row; the answer gives its sender the current number."""
    client.upsert("a")
    post(client, 1, 0, {"_step": 0, "a": 1})
    post(client, 2, 0, {"_step": 0, "a": 1, "b": 2}, complete=True, exitcode=0)
    answer = post(client, 1, 0, {"_step": 0, "a": 1}, {"_step": 1})
    assert answer["order"] == 2
    assert [json.loads(row) for row in client.run("a", "history")["history"]] == [{"_step": 0, "a": 1, "b": 2}]
    assert "order" not in post(client, 2, 1, {"_step": 1})
    assert "order" not in post(client, None, 2, {"_step": 2})
    assert client.run("a", "historyLineCount") == {"historyLineCount": 3}


def test_overtaken_start_does_not_open_a_run(client: Client) -> None:
    """A creation that arrives again after the run's end neither reopens it nor restores the old config."""

    def upsert(order: int, value: int) -> Any:
        config = json.dumps({"v": {"value": value}})
        start = {"name": "a", "modelName": "p", "jobProgram": "t.py", "config": config}
        body = {"query": UPSERT, "variables": {"input": start}}
        return client.send("POST", "/graphql", json=body, headers={"X-Wandb-Nb-Order": str(order)}).json()

    assert "extensions" not in upsert(1, 1)
    assert "extensions" not in upsert(2, 2)
    post(client, 3, 0, {"_step": 0}, complete=True, exitcode=0)
    late = upsert(1, 1)
    assert late["extensions"] == {"order": 3}
    assert json.loads(late["data"]["upsertBucket"]["bucket"]["config"]) == {"v": {"value": 2}}
    assert client.run("a", "state historyLineCount") == {"state": "finished", "historyLineCount": 1}


def test_overtaken_file_does_not_replace_a_newer_one(client: Client) -> None:
    """A file put at an older address is ignored once a newer address was used."""
    client.upsert("a")
    old, new = (client.query(ANNOUNCE, n="f")["createRunFiles"]["files"][0]["uploadUrl"] for _ in range(2))
    for url, content in ((old, b"1"), (new, b"2"), (new, b"3"), (old, b"1")):
        assert client.send("PUT", url, content=content).status_code == 200
    assert client.send("GET", "/files/local/p/a/f").content == b"3"
