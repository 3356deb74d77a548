"""The protocol, call by call, against the application in this process."""

from __future__ import annotations

import gzip
import json
from typing import Any

from conftest import Client
from sqlalchemy import func, select, update

from wandb_nb.server.storage import users
from wandb_nb.server.storage.tables import alerts, runs

RESUME = """query S($n: String!) { model(name: "p") { id bucket(name: $n, missingOk: true) {
    id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail config tags
    notes wandbConfig(keys: ["t"]) } } }"""


def resume_facts(client: Client, name: str) -> Any:
    """Return the fields of a run that a resuming client queries."""
    return client.query(RESUME, n=name)["model"]["bucket"]


def test_a_run_is_made_and_changed(client: Client) -> None:
    """The first upsert creates project and run and generates a name; later ones change only their fields."""
    first = client.upsert("a", config='{"lr": {"value": 1}}', tags=["x"], notes="n")
    assert first["inserted"]
    assert first["bucket"]["displayName"]
    assert first["bucket"]["project"] == {"name": "p", "entity": {"name": "local"}}
    second = client.upsert("a", id=first["bucket"]["id"], tags=[], displayName="mine")
    assert not second["inserted"]
    assert second["bucket"]["displayName"] == "mine"
    assert client.run("a", "tags notes config") == {"tags": [], "notes": "n", "config": '{"lr": {"value": 1}}'}


def test_lines_are_overwritten_at_their_offset(client: Client) -> None:
    """A repeated post counts once; console lines are overwritten, as progress bars need it."""
    client.upsert("a")
    client.rows("a", 0, '{"_step":0,"a":NaN}', '{"_step":1,"a":1}')
    client.rows("a", 1, '{"_step":1,"a":2}')
    for offset, lines in ((0, ["one", "10%"]), (1, ["20%"]), (1, ["20%"])):
        client.stream("a", files={"output.log": {"offset": offset, "content": lines}})
    answer = client.run("a", "historyLineCount logLineCount history")
    assert answer["history"] == ['{"_step":0,"a":NaN}', '{"_step":1,"a":2}']
    assert (answer["historyLineCount"], answer["logLineCount"]) == (2, 2)


def test_null_keys_are_in_the_summary(client: Client) -> None:
    """A key that rows have only null for is in the summary with null, whatever summary the client sends."""
    client.upsert("a", jobProgram="x.py")
    client.rows("a", 0, '{"a": null, "b": 1, "deep": {"x": null, "y": 2}, "_own": null}')
    assert json.loads(client.run("a", "summaryMetrics")["summaryMetrics"]) == {"a": None, "deep": {"x": None}}
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": ['{"b": 1, "deep": {"y": 2}}']}})
    expected = {"a": None, "b": 1, "deep": {"x": None, "y": 2}}
    assert json.loads(client.run("a", "summaryMetrics")["summaryMetrics"]) == expected
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": ['{"a": 5, "b": 1, "deep": 3}']}})
    assert json.loads(client.run("a", "summaryMetrics")["summaryMetrics"]) == {"a": 5, "b": 1, "deep": 3}
    client.rows("a", 1, '{"late": null}')
    client.upsert("a", jobProgram="x.py")
    client.rows("a", 0, '{"new": null}')
    files = {"wandb-summary.json": {"offset": 0, "content": ['{"b": 2}']}}
    client.stream("a", files=files, complete=True, exitcode=0)
    assert json.loads(client.run("a", "summaryMetrics")["summaryMetrics"])["new"] is None


def test_resume_facts(client: Client) -> None:
    """A resuming client gets the counts, the last lines as a list of texts, and telemetry of the first start."""
    client.upsert("a", config='{"_wandb": {"value": {"t": {"5": "x"}, "m": []}}}')
    client.rows("a", 0, '{"_step":0}', '{"_step":1}')
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": ['{"_step": 1}']}})
    facts = resume_facts(client, "a")
    assert (facts["historyLineCount"], facts["eventsLineCount"], facts["logLineCount"]) == (2, 0, 0)
    assert json.loads(facts["historyTail"]) == ['{"_step":1}']
    assert json.loads(facts["eventsTail"]) == []
    assert json.loads(facts["wandbConfig"]) == {"t": {"5": "x"}}
    assert resume_facts(client, "other") is None


def test_a_new_start_replaces_the_old_rows(client: Client) -> None:
    """A second start under an old id without resuming empties each stream once, when its first lines arrive."""
    client.upsert("a", jobProgram="t.py")
    client.rows("a", 0, *(json.dumps({"_step": n}) for n in range(5)))
    assert client.upsert("a", jobProgram="t.py")["bucket"]["historyLineCount"] == 0
    assert len(client.run("a", "history")["history"]) == 5
    client.rows("a", 0, '{"_step":0}')
    client.rows("a", 1, '{"_step":1}')
    client.rows("a", 0, '{"_step":0}')  # a late repetition removes nothing
    assert client.run("a", "historyLineCount")["historyLineCount"] == 2


def test_a_resumed_start_keeps_the_rows(client: Client) -> None:
    """A start with the storage id continues the run."""
    created = client.upsert("a", jobProgram="t.py")
    client.rows("a", 0, '{"_step":0}', '{"_step":1}')
    client.stream("a", complete=True, exitcode=0)
    client.upsert("a", id=created["bucket"]["id"], jobProgram="t.py")
    client.rows("a", 2, '{"_step":2}')
    assert client.run("a", "historyLineCount state") == {"historyLineCount": 3, "state": "running"}


def test_states(client: Client, services: Any) -> None:
    """Running, preempting, finished, failed; a run silent for five minutes is crashed; the end is final."""
    client.upsert("a")
    assert client.run("a", "state")["state"] == "running"
    client.stream("a", preempting=True)
    assert client.run("a", "state")["state"] == "preempting"
    for code, state in ((3, "failed"), (0, "finished")):
        client.stream("a", complete=True, exitcode=code)
        assert client.run("a", "state exitCode") == {"state": state, "exitCode": code}
    client.stream("a", files={"wandb-summary.json": {"offset": 0, "content": ['{"old": 1}']}})
    assert client.run("a", "state summaryMetrics") == {"state": "finished", "summaryMetrics": "{}"}
    client.upsert("b")
    with services.database.write() as connection:
        connection.execute(update(runs).where(runs.c.name == "b").values(heartbeat=0))
    assert client.run("b", "state")["state"] == "crashed"
    assert client.stream("b").json() == {"exitcode": None, "limits": {}}
    assert client.run("b", "state")["state"] == "running"


def test_stop_reaches_the_run(client: Client) -> None:
    """A stop request is in the answer to the run's next post, and in the answer to old clients' queries."""
    created = client.upsert("a")
    client.query("mutation S($i: ID!) { stopRun(input: {id: $i}) { success } }", i=created["bucket"]["id"])
    assert client.stream("a").json()["stopped"] is True
    assert client.run("a", "stopped")["stopped"] is True


def test_bodies_may_be_gzip(client: Client) -> None:
    """A compressed body counts like its content."""
    client.upsert("a")
    body = json.dumps({"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step":0}']}}}).encode()
    headers = {"Content-Encoding": "gzip"}
    sent = client.send("POST", "/files/local/p/a/file_stream", content=gzip.compress(body), headers=headers)
    assert sent.status_code == 200
    assert client.run("a", "historyLineCount")["historyLineCount"] == 1


def test_files_come_and_go(client: Client, services: Any) -> None:
    """A file is uploaded without a key, listed with size and MD5, downloaded again, and replaced as a whole."""
    client.upsert("a")
    text = """mutation F { createRunFiles(input: {projectName: "p", runName: "a", files: ["d/x y.txt"]}) {
        runID uploadHeaders files { name uploadUrl } } }"""
    (file,) = client.query(text)["createRunFiles"]["files"]
    key, client.headers = client.headers, {}
    for content in (b"old", b"hello"):
        assert client.send("PUT", file["uploadUrl"], content=content).status_code == 200
    client.headers = key
    files = client.run("a", "fileCount files { edges { node { name directUrl sizeBytes md5 } } }")
    (node,) = (edge["node"] for edge in files["files"]["edges"])
    assert (files["fileCount"], node["name"], node["sizeBytes"]) == (1, "d/x y.txt", 5)
    assert node["md5"] == "5d41402abc4b2a76b9719d911017c592"
    assert client.send("GET", node["directUrl"]).content == b"hello"
    assert sum(len(blobs) for blobs in services.store.list_blobs()) == 1


def test_a_file_is_deleted(client: Client, services: Any) -> None:
    """A file of a run is deleted with its bytes, also twice; others stay, and other users cannot delete it."""
    client.upsert("r")
    create = """mutation { createRunFiles(input: {projectName: "p", runName: "r", files: ["a: b.txt", "c"]}) {
        files { uploadUrl } } }"""
    for file in client.query(create)["createRunFiles"]["files"]:
        assert client.send("PUT", file["uploadUrl"], content=b"x").status_code == 200
    edges = client.run("r", "files { edges { node { id name } } }")["files"]["edges"]
    ids = {edge["node"]["name"]: edge["node"]["id"] for edge in edges}
    delete = "mutation D($files: [ID!]!) { deleteFiles(input: {files: $files}) { success } }"
    with services.database.write() as connection:
        users.add_user(connection, "eve", "local-" + "2" * 40)
    stranger = Client(services, "local-" + "2" * 40)
    assert "permission denied" in stranger.answer(delete, files=[ids["a: b.txt"]])["errors"][0]["message"]
    for _ in range(2):
        assert client.query(delete, files=[ids["a: b.txt"]])["deleteFiles"]["success"]
    edges = client.run("r", "files { edges { node { name } } }")["files"]["edges"]
    assert [edge["node"]["name"] for edge in edges] == ["c"]
    assert sum(len(blobs) for blobs in services.store.list_blobs()) == 1
    assert "errors" in client.answer(delete, files=["nonsense"])


def test_deleting_a_run_deletes_all_of_it(client: Client, services: Any) -> None:
    """Its rows and the bytes of its files are deleted, and its id is not reused."""
    created = client.upsert("a")
    client.rows("a", 0, '{"_step":0}')
    (file,) = client.query(
        'mutation { createRunFiles(input: {projectName: "p", runName: "a", files: ["x"]}) { files { uploadUrl } } }'
    )["createRunFiles"]["files"]
    client.send("PUT", file["uploadUrl"], content=b"1")
    client.query("mutation D($i: ID!) { deleteRun(input: {id: $i}) { clientMutationId } }", i=created["bucket"]["id"])
    assert client.run("a", "id") is None
    assert not [path for path in (services.folder / "files").rglob("*") if path.is_file()]
    again = client.answer('mutation { upsertBucket(input: {modelName: "p", name: "a"}) { inserted } }')
    assert "was deleted" in again["errors"][0]["message"]
    assert client.run("a", "id") is None


def test_runs_are_filtered_ordered_and_paged(client: Client) -> None:
    """Filtered runs come in order, page by page, with a cursor to the next one."""
    for number in range(5):
        client.upsert(f"r{number}", config=json.dumps({"lr": {"value": number}}))
    text = """query R($f: JSONString, $a: String) { project(name: "p") { runCount(filters: $f)
        runs(filters: $f, order: "-config.lr", first: 2, after: $a) {
            edges { node { name } } pageInfo { endCursor hasNextPage } } } }"""
    names, cursor, more = [], None, True
    while more:
        data = client.query(text, f='{"config.lr.value": {"$gt": 0}}', a=cursor)["project"]
        names += [edge["node"]["name"] for edge in data["runs"]["edges"]]
        cursor, more = data["runs"]["pageInfo"]["endCursor"], data["runs"]["pageInfo"]["hasNextPage"]
    assert (data["runCount"], names) == (4, ["r4", "r3", "r2", "r1"])


def test_sweeps_are_reported_as_unsupported(client: Client) -> None:
    """A query for sweeps gets one plain error."""
    (error,) = client.answer('{ project(name: "p") { sweeps { id } totalSweeps } }')["errors"]
    assert "does not support sweeps" in error["message"]


def test_a_failed_change_leaves_nothing(client: Client) -> None:
    """If the second change of a document fails, the first one is undone."""
    text = """mutation { upsertBucket(input: {name: "a", modelName: "p"}) { bucket { id } }
        deleteRun(input: {id: "nonsense"}) { clientMutationId } }"""
    assert "errors" in client.answer(text)
    assert client.query('{ project(name: "p") { id } }') == {"project": None}


def test_alerts_are_stored(client: Client, services: Any) -> None:
    """An alert, in the types that clients declare, is stored with its run."""
    client.upsert("a")
    text = """mutation N($r: String!, $s: AlertSeverity = INFO, $w: Duration) { notifyScriptableRunAlert(
        input: {projectName: "p", runName: $r, title: "T", text: "x", severity: $s, waitDuration: $w}) { success } }"""
    assert client.query(text, r="a", s="WARN", w=60000)["notifyScriptableRunAlert"]["success"]
    with services.database.read() as connection:
        assert [(row.title, row.severity) for row in connection.execute(select(alerts))] == [("T", "WARN")]


def test_old_clients_find_the_types_they_probe(client: Client) -> None:
    """Introspection returns fields for each type that older clients check before they start."""
    for name in ("Query", "Mutation", "ServerInfo", "ServerSettings"):
        data = client.query("query T($n: String!) { __type(name: $n) { fields { name } } }", n=name)
        assert data["__type"]["fields"]


def test_a_reader_sees_one_state(client: Client) -> None:
    """What is committed between two queries of a reader is not in the second one."""
    client.upsert("first")
    database = client.services.database
    with database.read() as connection:
        before = connection.execute(select(func.count()).select_from(runs)).scalar_one()
        client.upsert("second")
        assert connection.execute(select(func.count()).select_from(runs)).scalar_one() == before
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(runs)).scalar_one() == before + 1
