"""Commit, command and host of a run in an open project: a reader who is not a member cannot find them out.

A guess is an oracle if a right one is answered differently from a wrong one. All ways to ask are tried with both.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest
from conftest import Client
from visiting import Visitor

from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from wandb_nb.server.http.services import Services

FACTS = {
    "a": {"commit": "c0ffee" * 6, "host": "host-of-a", "program": "program_of_a.py", "repo": "repo-of-a.git"},
    "b": {"commit": "decade" * 6, "host": "host-of-b", "program": "program_of_b.py", "repo": "repo-of-b.git"},
}
INTERNAL = "config._wandb{}.e.x."
NAMES = {
    **{name: fact for fact in ("commit", "host", "program", "repo") for name in (fact, f"config.{fact}")},
    "jobProgram": "program",
    "job_program": "program",
    "jobRepo": "repo",
    "git.commit": "commit",
    **{INTERNAL.format(value) + fact: fact for value in ("", ".value") for fact in ("host", "program")},
    **{INTERNAL.format(value) + "git.commit": "commit" for value in ("", ".value")},
    "config.value._wandb.e.x.program": "program",
    "summary_metrics._wandb.e.x.program": "program",
}
WORDS = [word for facts in FACTS.values() for word in facts.values()]


@pytest.fixture
def outsider(client: Client, services: Services) -> Client:
    """Return a reader of an open project with two runs that sent all facts."""
    for name, facts in FACTS.items():
        environment = {**facts, "git": {"commit": facts["commit"], "remote": facts["repo"]}, "args": [facts["program"]]}
        config = json.dumps({"lr": {"value": 1}, "_wandb": {"value": {"e": {"x": environment}}}})
        given = {"commit": facts["commit"], "host": facts["host"], "jobProgram": facts["program"]}
        client.upsert(name, config=config, jobRepo=facts["repo"], **given)
        client.rows(name, 0, '{"_step": 0, "loss": 1, "_runtime": 1}')
        client.stream(
            name, files={"wandb-events.jsonl": {"offset": 0, "content": ['{"system.cpu": 1, "_runtime": 1}']}}
        )
    key = new_key()
    with services.database.write() as connection:
        users.add_user(connection, "outsider", key)
        users.set_open(connection, "local", "p", True)
    return Client(services, key)


def count(client: Client, tree: object) -> str:
    """Return all that a client learns about the number of runs that a filter matches."""
    text = 'query Q($f: JSONString) { project(name: "p", entityName: "local") { runCount(filters: $f) runs(filters: $f)'
    answer = client.answer(f"{text} {{ edges {{ node {{ name }} }} totalCount }} }} }}", f=json.dumps(tree))
    return json.dumps(answer)


@pytest.mark.parametrize("name", NAMES)
def test_no_filter_or_order_is_an_oracle(outsider: Client, name: str) -> None:
    """A filter gives as much for a right guess as for a wrong one, and ordering by the fact reveals nothing."""
    right = FACTS["a"][NAMES[name]]
    for guess in (
        lambda value: value,
        lambda value: {"$regex": f"^{value[:4]}"},
        lambda value: {"$in": [value]},
        lambda value: {"$ne": value},
        lambda value: {"$gte": value, "$lte": value},
        lambda value: {"$not": {"$regex": value}},
    ):
        wrong = "x" * len(right)
        matches, misses = count(outsider, {name: guess(right)}), count(outsider, {name: guess(wrong)})
        assert matches.replace(right, wrong) == misses
    runs = "runs(order: $o) { edges { node { name } } }"
    text = f'query Q($o: String) {{ project(name: "p", entityName: "local") {{ {runs} }} }}'
    up, down = (json.dumps(outsider.answer(text, o=sign + name)) for sign in "+-")
    assert up.replace("+", "") == down.replace("-", "")


def rows(visitor: Visitor, query: str) -> list[str]:
    """Return the runs that the project's page lists."""
    return re.findall(r'data-run="([^"]*)"', visitor.get(f"/local/p?{query}").text)


@pytest.mark.parametrize("name", [*NAMES, ""])
def test_no_search_sort_group_or_column_shows_them(outsider: Client, name: str) -> None:
    """The project's page neither searches for such a fact nor sorts, groups or shows runs by it."""
    visitor = Visitor(Client(outsider.services, None), _key(outsider))
    facts = [NAMES[name]] if name else ["commit", "host", "program", "repo"]
    for fact in facts:
        right = FACTS["a"][fact]
        query = f"{name}={right}" if name else right
        assert rows(visitor, f"q={query}") == rows(visitor, f"q={query.replace(right, 'x' * len(right))}")
    assert rows(visitor, "q=") == ["b", "a"]
    assert not name or rows(visitor, f"sort={name}") == rows(visitor, f"sort=-{name}")
    visitor.send("/local/p/columns", column=[name, "config.lr"])
    pages = ["/local/p", f"/local/p?group={name}", f"/local/p?sort={name}", f"/local/p?group={name}&sort=-{name}"]
    texts = [visitor.get(page).text for page in pages]
    assert visitor.get("/local/p").status_code == 200
    assert [word for word in WORDS for text in texts if word in text] == []


def test_no_comparison_or_live_message_shows_them(outsider: Client, client: Client) -> None:
    """Comparison, run pages and messages of live charts omit the facts; a member sees them."""
    visitor = Visitor(Client(outsider.services, None), _key(outsider))
    parts = (
        "",
        "/overview",
        "/system",
        "/console",
        "/code",
        "/files",
        "/data",
        "/sampled?points=9",
        "/range?request=%7B%22keys%22%3A%5B%5D%2C%22axis%22%3A%22step%22%7D",
        "/system/data",
    )
    pages = [f"/local/p/runs/{run}{part}" for run in "ab" for part in parts]
    pages += ["/local/p/compare?run=a&run=b&all=1", "/local/p/compare?run=a&run=b", "/"]
    answers = {page: visitor.get(page) for page in pages}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert [(page, word) for page, answer in answers.items() for word in WORDS if word in answer.text] == []
    with client.services.database.write() as connection:
        users.set_right(connection, "local", "p", "outsider", Right.READ)
    assert FACTS["a"]["host"] in visitor.get("/local/p/runs/a/overview").text


def _key(client: Client) -> str:
    return base64.b64decode(client.headers["Authorization"].partition(" ")[2]).decode().partition(":")[2]
