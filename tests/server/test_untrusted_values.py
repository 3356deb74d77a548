"""Invalid values from clients break no page, neither of their own run nor of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from visiting import Visitor

from wandb_nb.server.storage.lines.history_rows import HistoryRow
from wandb_nb.server.storage.lines.row_segment import encode_rows
from wandb_nb.server.storage.tables import lines, runs, segments
from wandb_nb.untrusted_json import load_object, load_objects, normalize_object

if TYPE_CHECKING:
    from conftest import Client

SURROGATE = "\udcff"  # what os.fsdecode returns for a byte that is not UTF-8
HUGE = "1" + "0" * 400
ENDLESS = "9" * 5000
RUN = "/local/p/runs/bad"
PAGES = (
    "/",
    "/local/p",
    "/local/p?sort=-config.x&q=x>1&group=config.x",
    "/local/p?sort=-summary_metrics.x&group=tags",
    "/local/p?sort=duration",
    "/local/p/compare?run=bad&run=good&all=1",
    RUN,
    *(f"{RUN}/{part}" for part in ("overview", "system", "console", "files", "code", "data", "sampled", "system/data")),
)
CONFIGS = [
    json.dumps({"x": {"value": SURROGATE}, SURROGATE: {"value": 1}}),
    json.dumps({"x": {"value": "\ud83d"}, "y": {"value": "😀"}}),
    f'{{"x": {{"value": {HUGE}}}, "y": -{HUGE}}}',
    f'{{"x": {{"value": {ENDLESS}}}}}',
    '{"x": {"value": NaN}, "y": {"value": -Infinity}, "z": 1e400}',
    '{"_wandb": 5}',
    '{"_wandb": {"value": [1]}}',
    '{"_wandb": {"value": {"m": 5, "t": 5, "e": 5, "branch_point": 5}}}',
    '{"_wandb": {"value": {"m": [5, null, {"1": 5, "5": [], "6": "x", "7": {}}, {"1": "loss", "5": 99}]}}}',
    f'{{"_wandb": {{"value": {{"m": [{{"{"9" * 5000}": 1}}]}}}}}}',
    '{"_wandb": {"value": {"branch_point": {"run_id": "good", "step": NaN}}}}',
    '{"_wandb": {"value": {"branch_point": {"run_id": "good", "step": 1e300}}}}',
]
SUMMARIES = [
    json.dumps({"x": SURROGATE, SURROGATE: SURROGATE}),
    f'{{"_runtime": {"1" * 310}, "x": {HUGE}}}',
    f'{{"_wandb": {{"runtime": {HUGE}}}}}',
    '{"_runtime": NaN, "_wandb": {"runtime": "x"}, "_step": Infinity, "_timestamp": []}',
    '{"_wandb": 5, "x": {"_type": 5, "bins": 3}}',
]
ROWS = [
    json.dumps({"_step": 0, "x": SURROGATE, SURROGATE: 1}),
    f'{{"_step": {HUGE}, "x": {HUGE}, "_runtime": {HUGE}}}',
    '{"_step": "one", "_runtime": [], "_timestamp": {}, "_attempt": -5, "_cell": 1e300, "x": true}',
    '{"_step": NaN, "_attempt": true, "x": {"_type": 5}}',
]


def check_pages(client: Client) -> None:
    """Check that every page of both runs and the public API answer, and that every listed page shows the good run."""
    headers = client.headers
    fields = "config wandbConfig summaryMetrics tags historyKeys history historyTail systemMetrics events"
    node = f"name {fields} sampledHistory(specs: $s)"
    text = f'query Q($s: [JSONString!]!) {{ project(name: "p") {{ runs {{ edges {{ node {{ {node} }} }} }} }} }}'
    nodes = client.query(text, s=['{"keys": ["x"]}'])["project"]["runs"]["edges"]
    assert sorted(edge["node"]["name"] for edge in nodes) == ["bad", "good"]
    visitor = Visitor(client)
    assert {page: visitor.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    assert 'data-run="good"' in visitor.get("/local/p").text
    client.headers = headers


@pytest.fixture
def good(client: Client) -> Client:
    """Return a client with a valid run."""
    client.upsert("good", config='{"x": {"value": 1}}')
    client.rows("good", 0, '{"_step": 0, "x": 1}')
    return client


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("stored", [False, True])
def test_configs(good: Client, config: str, stored: bool) -> None:
    """With any config, sent now or stored by an earlier version, every page of the project works."""
    good.upsert("bad", **({} if stored else {"config": config}))
    if stored:
        with good.services.database.write() as connection:
            connection.execute(update(runs).where(runs.c.name == "bad").values(config=config))
    check_pages(good)


@pytest.mark.parametrize("summary", SUMMARIES)
@pytest.mark.parametrize("stored", [False, True])
def test_summaries(good: Client, summary: str, stored: bool) -> None:
    """With any summary, every page of the project works."""
    good.upsert("bad")
    if stored:
        with good.services.database.write() as connection:
            connection.execute(update(runs).where(runs.c.name == "bad").values(summary=summary))
    else:
        assert good.stream("bad", files={"wandb-summary.json": {"offset": 0, "content": [summary]}}).status_code == 200
    check_pages(good)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("stored", [False, True])
def test_rows_and_events(good: Client, row: str, stored: bool) -> None:
    """With any row of history or system metrics, every page of the project works."""
    good.upsert("bad")
    sent = '{"_step": 0}' if stored else row
    for name in ("wandb-history.jsonl", "wandb-events.jsonl"):
        assert good.stream("bad", files={name: {"offset": 0, "content": [sent]}}).status_code == 200
    if stored:
        with good.services.database.write() as connection:
            data = encode_rows([HistoryRow({}, row, 0, ())], is_final=False).data
            connection.execute(update(segments).where(segments.c.run_id == 2).values(data=data))
            connection.execute(update(lines).where(lines.c.stream == "events").values(text=row))
    check_pages(good)


def test_events_are_json(good: Client) -> None:
    """A line of system metrics that is not JSON is refused; one that an earlier version stored is skipped."""
    good.upsert("bad")
    for line in ("nonsense", "[1]", "5"):
        sent = good.stream("bad", files={"wandb-events.jsonl": {"offset": 0, "content": [line]}})
        assert sent.status_code == 400
    event = '{"_runtime": 1, "system.cpu": 5}'
    assert good.stream("bad", files={"wandb-events.jsonl": {"offset": 0, "content": [event] * 2}}).status_code == 200
    with good.services.database.write() as connection:
        connection.execute(update(lines).where(lines.c.number == 0).values(text="nonsense"))
    check_pages(good)


@pytest.mark.parametrize("column", ["config", "summary", "tags"])
def test_a_damaged_run_fails_alone(good: Client, column: str) -> None:
    """A run with unreadable stored values stays in the list with an error; other rows are not affected."""
    good.upsert("bad")
    with good.services.database.write() as connection:
        connection.execute(update(runs).where(runs.c.name == "bad").values(**{column: "nonsense"}))
    check_pages(good)
    text = Visitor(good).get("/local/p").text
    rows = {name: text.partition(f'data-run="{name}"')[2].partition("</tr>")[0] for name in ("bad", "good")}
    assert {name: "stored values are too large or cannot be read" in row for name, row in rows.items()} == {
        "bad": True,
        "good": False,
    }


def test_texts_with_surrogates(good: Client) -> None:
    """Names, notes, tags, alerts and console lines with lone surrogates are accepted with replacements."""
    text = f"a{SURROGATE}b"
    values = {"name": "bad", "modelName": "p", "displayName": text, "notes": text, "groupName": text, "tags": [text]}
    upsert = json.dumps({"query": UPSERT, "variables": {"i": values}}, ensure_ascii=False)
    post(good, "/graphql", upsert.encode("utf-8", "surrogatepass"))
    alert = {"projectName": "p", "runName": "bad", "title": text, "text": text, "severity": "INFO"}
    for query, variables in ((UPSERT, values), (ALERT, alert)):
        post(good, "/graphql", json.dumps({"query": query, "variables": {"i": variables}}).encode())
    files = {"output.log": {"offset": 0, "content": [text]}}
    post(good, "/files/local/p/bad/file_stream", json.dumps({"files": files}).encode())
    assert good.run("bad", "displayName tags") == {"displayName": "a\ufffdb", "tags": ["a\ufffdb"]}
    check_pages(good)


def post(client: Client, path: str, body: bytes) -> None:
    """Send *body*, which must be accepted."""
    answer = client.send("POST", path, content=body)
    assert (answer.status_code, "errors" in answer.json()) == (200, False)


ALERT = "mutation A($i: NotifyScriptableRunAlertInput!) { notifyScriptableRunAlert(input: $i) { success } }"
UPSERT = "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"


@pytest.mark.parametrize(
    "body",
    [
        {"offset": True, "content": ["{}"]},
        {"offset": 0.0, "content": ["{}"]},
        {"offset": "0", "content": ["{}"]},
        {"offset": None, "content": ["{}"]},
        {"offset": 0, "content": [5]},
        {"offset": 0, "content": "{}"},
        {"offset": 0, "content": [""]},
        [],
    ],
)
def test_malformed_posts_are_the_callers_fault(good: Client, body: Any) -> None:
    """A malformed post is 400, so that clients do not repeat it."""
    assert good.stream("good", files={"wandb-history.jsonl": body}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": 5}',
        b'{"query": "{ viewer { id } }", "variables": 5}',
        b'{"query": "{ viewer { id } }", "operationName": 5}',
        b'{"query": "{ viewer { id } }", "variables": ' + b"[" * 500 + b"]" * 500 + b"}",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_malformed_requests_are_the_callers_fault(good: Client, body: bytes) -> None:
    """A malformed GraphQL request is 400."""
    assert good.send("POST", "/graphql", content=body).status_code == 400


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('query Q($f: JSONString) { project(name: "p") { runCount(filters: $f) } }', {"f": 5}),
        ('query Q($f: JSONString) { project(name: "p") { runCount(filters: $f) } }', {"f": '{"state": {"$in": 5}}'}),
        ('{ project(name: "p") { run(name: "good") { history(minStep: "x") } } }', {}),
        ('{ project(name: "p") { run(name: "good") { history(minStep: 99999999999999999999) } } }', {}),
        ('{ project(name: "p") { run(name: "good") { sampledHistory(specs: ["{\\"keys\\": 5}"]) } } }', {}),
        ('{ project(name: "p") { run(name: "good") { sampledHistory(specs: ["{\\"samples\\": \\"x\\"}"]) } } }', {}),
        ('{ project(name: "p") { run(name: "good") { sampledHistory(specs: [5]) } } }', {}),
        (UPSERT, {"i": {"name": "good", "modelName": "p", "config": 5}}),
        (UPSERT, {"i": {"name": "good", "modelName": "p", "config": "5"}}),
    ],
)
def test_malformed_arguments_are_explained(good: Client, query: str, variables: Any) -> None:
    """A malformed argument is an error that explains it, never an internal error."""
    (error,) = good.answer(query, **variables)["errors"]
    assert "the server failed" not in error["message"]


@pytest.mark.parametrize(
    "path", [f"sampled?points={ENDLESS}", f"sampled?points={SURROGATE!r}", f"console?before={ENDLESS}"]
)
def test_numbers_in_addresses(good: Client, path: str) -> None:
    """Invalid or too long numbers in parameters are ignored."""
    assert Visitor(good).get(f"/local/p/runs/good/{path}").status_code == 200


def test_rewinding_far_is_possible(good: Client) -> None:
    """A step beyond the database's integers acts like the last one."""
    target = 'entityName: "local", projectName: "p", runName: "good", metricName: "_step"'
    rewind = f"rewindRun(input: {{{target}, metricValue: $v}}) {{ rewoundRun {{ historyLineCount }} }}"
    text = f"mutation R($v: Float!) {{ {rewind} }}"
    assert good.query(text, v=1e300)["rewindRun"]["rewoundRun"]["historyLineCount"] == 1
    assert good.query(text, v=-1e300)["rewindRun"]["rewoundRun"]["historyLineCount"] == 0


def test_normalised_text_is_the_text_itself_elsewhere() -> None:
    """Only texts that need it are changed; loading many texts equals loading each one."""
    for text in ('{"a": 1}', '{"a": [NaN, "\\u00e9"]}', '{ "b":2 }'):
        assert normalize_object(text)[1] is text
    assert normalize_object('{"a": "\\ud83d\\ude00\\ud83d"}')[0] == {"a": "😀\ufffd"}
    texts = ['{"a": 1}', "nonsense", "[1]", '{"a": "\\udcff"}', f'{{"a": {HUGE}}}']
    assert load_objects(texts) == [value for text in texts if (value := load_object(text)) is not None]
    assert load_objects(texts[:3]) == [{"a": 1}]


def test_long_integers_are_found_at_any_place() -> None:
    """An integer of 309 digits, the shortest that no float holds, becomes an infinity wherever it is in the text."""
    for before in range(0, 320, 7):
        text = f'{{"{"k" * before}": {"9" * 309}, "rest": "{"x" * 200}"}}'
        assert load_object(text) == {"k" * before: float("inf"), "rest": "x" * 200}
        assert load_objects([text, "{}"]) == [{"k" * before: float("inf"), "rest": "x" * 200}, {}]
    assert load_object(f'{{"k": {"9" * 308}}}') == {"k": int("9" * 308)}
