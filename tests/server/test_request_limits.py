"""What one request may cost: texts, rows, fields, terms and parts beyond the limits are refused or cut."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Client
from sqlalchemy import insert
from visiting import Visitor

from wandb_nb.server.protocol import graphql_schema, request_context, run_history
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.lines import line_sampling, line_store
from wandb_nb.server.storage.tables import projects
from wandb_nb.server.storage.users import Right
from wandb_nb.server.web import render
from wandb_nb.view.message.run_message import parse

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

COUNT = 'query Q($f: JSONString) { project(name: "p") { runCount(filters: $f) } }'
RUN = '{ project(name: "p") { run(name: "a") { %s } } }'


def log_rows(client: Client, count: int, length: int = 10) -> None:
    """Log *count* rows with a text of *length* characters."""
    client.upsert("a")
    client.rows("a", 0, *(json.dumps({"_step": n, "loss": n, "t": "x" * length}) for n in range(count)))


def error_of(client: Client, text: str, **variables: Any) -> str:
    """Return the message of the first error of a GraphQL answer."""
    message: str = client.answer(text, **variables)["errors"][0]["message"]
    return message


def test_a_query_is_checked_once(client: Client) -> None:
    """A valid query is parsed once for all requests; one that is not valid is refused each time."""
    text = "{ viewer { username } }"
    assert graphql_schema.load_document(text) is graphql_schema.load_document(text)
    assert [client.answer(text)["data"]["viewer"]["username"] for _ in range(2)] == ["local", "local"]
    for _ in range(2):
        assert "nothing_there" in error_of(client, "{ viewer { nothing_there } }")


@pytest.mark.parametrize("field", ["history(samples: 9)", "history(minStep: 0, maxStep: 9)", "events(samples: 9)"])
def test_long_rows_are_refused_together(client: Client, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """Rows that are too long together are an error that says what to do; one alone is always returned."""
    monkeypatch.setattr(line_store, "MAX_READ_BYTES", 1000)
    log_rows(client, 3, 2000)
    client.stream("a", files={"wandb-events.jsonl": {"offset": 0, "content": ['{"a": "%s"}' % ("x" * 2000)] * 3}})
    assert "fewer of them" in error_of(client, RUN % field)
    assert len(client.run("a", "history(minStep: 0, maxStep: 1)")["history"]) == 1


def test_pages_of_long_rows_show_all_of_them(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's page reads long rows piece by piece, and its sample has fewer of them."""
    monkeypatch.setattr(line_store, "MAX_READ_BYTES", 1000)
    monkeypatch.setattr(line_sampling, "MAX_READ_BYTES", 1000)
    monkeypatch.setattr(line_store.lines_from, "__defaults__", (1000,))
    log_rows(client, 9, 900)
    visitor = Visitor(client)
    data, sample = (parse(visitor.get(f"/local/p/runs/a/{name}").content) for name in ("data", "sampled"))
    assert {series.key: len(series.value) for series in data.series()}["loss"] == 9
    assert 0 < {series.key: len(series.value) for series in sample.series()}["loss"] < 9


def test_answers_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many fields that are small alone are refused when they are too large together."""
    monkeypatch.setattr(request_context, "MAX_ANSWER_BYTES", 10_000)
    log_rows(client, 5, 100)
    for field in ("history", "parquetHistory { liveData }", 'sampledHistory(specs: ["{\\"keys\\": [\\"loss\\"]}"])'):
        assert "errors" not in client.answer(RUN % field)
        many = " ".join(f"x{number}: {field}" for number in range(150))
        assert "ask for less" in error_of(client, RUN % many)
    config = json.dumps({"a": {"value": "x" * 400}})
    for number in range(30):
        client.upsert(f"r{number}", config=config)
    assert "ask for less" in error_of(client, '{ project(name: "p") { runs { edges { node { config } } } } }')


def test_parquet_rows_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows that come with the list of Parquet files end early; clients read the others page by page."""
    monkeypatch.setattr(run_history, "_MAX_PARQUET_BYTES", 1000)
    log_rows(client, 30, 100)
    assert 0 < len(client.run("a", "parquetHistory { liveData }")["parquetHistory"]["liveData"]) < 10


def test_queries_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that takes too long is an error that says so."""
    client.upsert("a")
    monkeypatch.setattr(request_context, "MAX_QUERY_SECONDS", -1.0)
    assert "takes more than" in error_of(client, RUN % "id")
    assert "takes more than" in error_of(client, COUNT, f="{}")


@pytest.mark.parametrize(
    "text",
    [
        RUN % " ".join(f"x{number}: id" for number in range(600)),
        RUN % ("id " * 600),
        "{ viewer { ...f0 } } "
        + " ".join(f"fragment f{n} on User {{ a{n}: id ...f{n + 1} ...f{n + 1} }}" for n in range(20))
        + " fragment f20 on User { id }",
    ],
    ids=["aliases", "repetition", "fragments"],
)
def test_queries_with_many_fields_are_refused(client: Client, text: str) -> None:
    """A query is refused before it is executed if it has too many fields, fragments included."""
    client.upsert("a")
    start = time.process_time()
    assert "more than 500 fields" in error_of(client, text)
    assert time.process_time() - start < 2


def test_fragments_that_contain_themselves_are_refused(client: Client) -> None:
    """A fragment that never ends is an error."""
    assert "errors" in client.answer("{ viewer { ...f } } fragment f on User { id ...f }")


def test_errors_are_bounded(client: Client) -> None:
    """However many fields fail, the answer names ten of them."""
    client.upsert("a")
    order = "a " * 50
    field = f'project(name: "p") {{ runs(order: "{order}") {{ totalCount }} }}'
    fields = " ".join(f"x{number}: {field}" for number in range(50))
    assert len(client.answer(f"{{ {fields} }}")["errors"]) == graphql_schema.MAX_ERRORS


def test_orders_and_filters_are_bounded(client: Client) -> None:
    """An order of many parts and a filter of many terms are refused; usual ones are not."""
    client.upsert("a")
    text = 'query Q($o: String) { project(name: "p") { runs(order: $o) { totalCount } } }'
    assert client.query(text, o="+name -created_at")["project"]["runs"]["totalCount"] == 1
    assert "at most 10 parts" in error_of(client, text, o="+name " * 11)
    for tree in ({"$and": [{"name": "x"}] * 3000}, {"name": {"$in": ["x"] * 6000}}, {str(n): 1 for n in range(6000)}):
        assert "at most 5000 terms" in error_of(client, COUNT, f=json.dumps(tree))
    assert client.query(COUNT, f=json.dumps({"name": {"$in": ["a"] * 2000}}))["project"]["runCount"] == 1


def test_keys_of_dots_cost_little(client: Client) -> None:
    """A key of 300,000 dots in a filter, a sample, a config or a row takes no time that grows with its square."""
    key = "." * 300_000
    client.upsert("a", config=json.dumps({key: {"value": 1}}))
    client.rows("a", 0, json.dumps({"_step": 0, key: 1}))
    visitor = Visitor(Client(client.services, None), (client.services.folder / "key").read_text())
    start = time.process_time()
    assert client.query(COUNT, f=json.dumps({f"config.{key}": 1}))["project"]["runCount"] == 1
    assert client.query(COUNT, f=json.dumps({f"config.{key}x": 1}))["project"]["runCount"] == 0
    for names in ([key], [key[1:]], [f"{key[:3_000]}{number}" for number in range(300)]):
        spec = json.dumps({"keys": names})
        client.query(
            'query Q($s: [JSONString!]!) { project(name: "p") { run(name: "a") { sampledHistory(specs: $s) } } }',
            s=[spec],
        )
    pages = ("", "/groups", "/scatter", "/parallel", "/importance")
    for path in (*pages, "/runs/a/overview", "/runs/a/data", "/runs/a/sampled"):
        assert visitor.get(f"/local/p{path}").status_code == 200
    dots = key[:10_000]
    for asked in (f"groups?metric={dots}&x={dots}&group=config.{dots}", f"scatter?x=config.{dots}&y=config.{dots}"):
        assert visitor.get(f"/local/p/{asked}").status_code == 200
    assert time.process_time() - start < 5


def test_long_console_lines_are_cut(client: Client) -> None:
    """A page of the console shows the beginning of long lines and how much it leaves out."""
    client.upsert("a")
    client.stream("a", files={"output.log": {"offset": 0, "content": ["x" * 100_000] * 100 + ["short"]}})
    page = Visitor(client).get("/local/p/runs/a/console").text
    assert len(page) < 1_000_000
    assert "96,000 more characters" in page
    assert "short" in page


def test_runs_with_many_keys_are_fast(client: Client) -> None:
    """Rows that each have their own key, and a row with thousands, can be logged, sampled and shown."""
    client.upsert("a")
    client.rows("a", 0, *(json.dumps({"_step": n, f"k{n}": n}) for n in range(2000)))
    client.upsert("b")
    client.rows("b", 0, json.dumps({"_step": 0, **{f"g{n % 20}/k{n}": n for n in range(4000)}}))
    visitor = Visitor(Client(client.services, None), (client.services.folder / "key").read_text())
    start = time.process_time()
    client.rows("a", 2000, '{"_step": 2000, "k1": 5}')
    for path in ("/runs/a/sampled", "/runs/a/data", "/runs/b/sampled", "/runs/b/data", "/compare?run=a&run=b"):
        assert visitor.get(f"/local/p{path}").status_code == 200
    assert time.process_time() - start < 10


def test_the_index_has_pages(client: Client, services: Services) -> None:
    """The start page lists a hundred projects at a time, and only those that the user may read."""
    key = new_key()
    with services.database.write() as connection:
        users.add_user(connection, "ann", key)
        rows = [{"entity": "local", "name": f"p{n}", "created": float(n), "open": n < 3} for n in range(250)]
        connection.execute(insert(projects), rows)
        users.set_right(connection, "local", "p100", "ann", Right.READ)
    client.upsert("a")
    visitor = Visitor(Client(services, None), (services.folder / "key").read_text())
    assert [visitor.get(f"/?page={page}").text.count('<th scope="row">') for page in (1, 2, 3, 4)] == [100, 100, 51, 0]
    ann = Visitor(Client(services, None), key)
    assert ann.get("/").text.count('<th scope="row">') == 4
    fields = "edges { node { name } } pageInfo { hasNextPage }"
    answer = Client(services, key).query(f'{{ models(entityName: "local", first: 2, after: "1") {{ {fields} }} }}')
    assert [edge["node"]["name"] for edge in answer["models"]["edges"]] == ["p2", "p1"]
    assert answer["models"]["pageInfo"]["hasNextPage"] is True


def test_runs_with_huge_values_are_listed_without_them(client: Client) -> None:
    """A config of megabytes costs the project's page nothing, and its run is marked; others are not."""
    client.upsert("a", config=json.dumps({"lr": {"value": 1}, "t": {"value": "x" * (2 << 20)}}))
    client.upsert("b", config=json.dumps({"lr": {"value": 2}, "k" * 300: {"value": 1}}))
    page = Visitor(client).get("/local/p").text
    assert page.count("stored values are too large or cannot be read") == 1
    assert len(page) < 100_000
    assert "config.lr" in page


def test_pages_are_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that would be too large is a message that names another way."""
    config = {f"k{number}": {"value": "x" * 500} for number in range(100)}
    client.upsert("a", config=json.dumps(config))
    visitor = Visitor(client)
    assert visitor.get("/local/p/runs/a/overview").status_code == 200
    monkeypatch.setattr(render, "MAX_PAGE_CHARACTERS", 40_000)
    answer = visitor.get("/local/p/runs/a/overview")
    assert (answer.status_code, "too large to show" in answer.text) == (400, True)
