"""Every address and every mutation, requested by every kind of outsider: nothing is revealed or changed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Client
from sqlalchemy import select
from visiting import UPLOAD, Visitor

from wandb_nb.server.http.authentication import find_user, visit_token
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.tables import metadata
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from starlette.routing import Route

    from wandb_nb.server.http.services import Services

MARK = "canary"
PROJECT, RUN = f"{MARK}-project", f"{MARK}-run"
PAGE = f"/local/{PROJECT}"
FILES = {"notes.txt": MARK.encode(), "code/train.py": MARK.encode(), "config.yaml": MARK.encode()}
STREAM = {
    "wandb-history.jsonl": {"offset": 0, "content": [json.dumps({"_step": 0, MARK: 1, "text": MARK})]},
    "wandb-events.jsonl": {"offset": 0, "content": [json.dumps({f"system.{MARK}": 1, "_runtime": 1})]},
    "wandb-summary.json": {"offset": 0, "content": [json.dumps({MARK: MARK})]},
    "output.log": {"offset": 0, "content": [MARK]},
}
FORM = {"access": "open", "run": RUN, "name": "new", "sure": "1", "column": "config.lr", "notes": "new", "tags": "new"}
RUN_FIELDS = """name displayName notes group jobType commit host tags config wandbConfig summaryMetrics systemMetrics
    historyTail eventsTail historyKeys history(samples: 9) events(samples: 9) alerts { title text }
    parquetHistory { liveData } files { edges { node { name url directUrl uploadUrl } } } project { name }"""
QUERIES = (
    f'project(name: "{PROJECT}", entityName: "local") {{ name run(name: "{RUN}") {{ {RUN_FIELDS} }} }}',
    f'project(name: "{PROJECT}", entityName: "local") {{ bucket(name: "{RUN}") {{ {RUN_FIELDS} }} }}',
    f'model(name: "{PROJECT}", entityName: "local") {{ runs {{ edges {{ node {{ {RUN_FIELDS} }} }} totalCount }} }}',
    f'project(name: "{PROJECT}", entityName: "local") {{ runCount(filters: "{{}}") access readOnly }}',
    'models(entityName: "local") { edges { node { name run(name: "x") { id } } } }',
    "models { edges { node { name runCount } } }",
)
READS = (
    *(
        "",
        "/compare?run=RUN&run=RUN&all=1",
        "/events",
        "?q=canary",
        "?sort=-config.lr",
        "?group=config.lr",
        *(
            "/settings",
            "/scatter?x=config.lr&y=config.lr",
            "/scatter",
            "/parallel",
            "/parallel?axis=config.lr&y=duration",
            "/importance",
            "/importance?q=canary",
            "/groups",
            f"/groups?group=config.lr&metric={MARK}&x=time",
        ),
    ),
    *("/artifacts", "/artifacts/data", "/artifacts/data/v0", "/artifacts/data/v0/difference?from=v1"),
    *("/runs/RUN", "/runs/RUN/overview", "/runs/RUN/system", "/runs/RUN/console", "/runs/RUN/code", "/runs/RUN/files"),
    *(
        "/runs/RUN/files/notes.txt",
        "/runs/RUN/data",
        "/runs/RUN/sampled",
        "/runs/RUN/range",
        "/runs/RUN/system/data",
        "/runs/RUN/events",
    ),
)
WRITES = ("/runs/RUN/stop", "/runs/RUN/edit", "/delete", "/columns", "/views", "/settings")
ARTIFACTS = (("", ""), (f"/{PROJECT}/data", "/name"))
REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    *(("GET", f"{PAGE}{path}".replace("RUN", RUN), {}) for path in READS),
    *(("POST", f"{PAGE}{path}".replace("RUN", RUN), {"data": FORM}) for path in WRITES),
    *(("POST", "/graphql", {"json": {"query": f"{{ {query} }}"}}) for query in QUERIES),
    *(("GET", f"/files/local/{PROJECT}/{RUN}/{name}", {}) for name in FILES),
    ("POST", f"/files/local/{PROJECT}/{RUN}/file_stream", {"json": {"files": STREAM, "complete": True, "exitcode": 1}}),
    *(("GET", f"/artifactsV2/default/local{path}/QXJ0aWZhY3Q6MQ==/{'0' * 32}{name}", {}) for path, name in ARTIFACTS),
    ("GET", f"/artifact-files/{'a' * 128}/name", {}),
    ("GET", "/", {}),
    ("GET", "/local", {}),
    ("POST", "/local", {"data": {"user": "other", "right": "admin"}}),
    ("POST", "/local", {"data": {"rename": "other-team"}}),
    ("POST", "/local", {"data": {"delete": "local", "projects": "delete"}}),
    ("GET", "/metrics", {}),
]
HARMLESS = {
    "/healthz",
    "/readyz",
    "/login",
    "/logout",
    "/account",
    "/anonymous/{token}/{project}/runs/{run}",
    "/static/{name}",
    "/upload/{token}",
    "/upload/content/{token}",
    "/upload/manifest/{token}",
    "/artifact-content/{token}",
    "/artifact-manifest/{token}",
    "/sdk/otel/{rest:path}",
}  # other tests have these

NAMES = f'entityName: "local", projectName: "{PROJECT}", runName: "{RUN}"'
BUCKET = f'entityName: "local", modelName: "{PROJECT}"'
MUTATIONS = (
    f'upsertBucket(input: {{{BUCKET}, name: "{RUN}", displayName: "new"}}) {{ bucket {{ {RUN_FIELDS} }} }}',
    f'upsertBucket(input: {{{BUCKET}, name: "another"}}) {{ bucket {{ project {{ name }} }} }}',
    'upsertBucket(input: {id: "ID", displayName: "new", config: "{}"}) { bucket { displayName project { name } } }',
    f'createRunFiles(input: {{{NAMES}, files: ["x"]}}) {{ files {{ uploadUrl }} }}',
    'deleteRun(input: {id: "ID"}) { clientMutationId }',
    'stopRun(input: {id: "ID"}) { success }',
    f'rewindRun(input: {{{NAMES}, metricName: "_step", metricValue: 0}}) {{ rewoundRun {{ {RUN_FIELDS} }} }}',
    f'notifyScriptableRunAlert(input: {{{NAMES}, title: "new", text: "new"}}) {{ success }}',
)


class Private:
    """A private project whose run has a mark in every text, and the database's rows of it."""

    def __init__(self, client: Client) -> None:
        self.services = client.services
        facts = dict.fromkeys(("displayName", "notes", "groupName", "jobType", "commit", "host", "jobProgram"), MARK)
        config = json.dumps({MARK: {"value": MARK}, "lr": {"value": 1}})
        made = client.upsert(RUN, modelName=PROJECT, tags=[MARK], config=config, **facts)
        self.run_id = made["bucket"]["id"]
        path = f"/files/local/{PROJECT}/{RUN}/file_stream"
        assert client.send("POST", path, json={"files": STREAM}).status_code == 200
        created = client.query(UPLOAD.replace('"p"', f'"{PROJECT}"'), run=RUN, files=list(FILES))["createRunFiles"]
        for file in created["files"]:
            assert client.send("PUT", file["uploadUrl"], content=FILES[file["name"]]).status_code == 200
        client.query(f'mutation {{ notifyScriptableRunAlert(input: {{{NAMES}, title: "{MARK}"}}) {{ success }} }}')

    def rows(self) -> dict[str, list[Any]]:
        """Return everything that the database holds, without the bytes that an anonymous account has sent."""
        with self.services.database.read() as connection:
            return {
                table.name: sorted(
                    map(repr, connection.execute(select(*(one for one in table.c if one.name != "spent_bytes"))))
                )
                for table in metadata.sorted_tables
            }


@pytest.fixture
def private(client: Client) -> Private:
    """Return a private project of the first user."""
    return Private(client)


def add_user(services: Services, name: str, right: Right = Right.NONE) -> str:
    """Add a user with a right on the private project; return the user's key."""
    key = new_key()
    with services.database.write() as connection:
        users.add_user(connection, name, key)
        users.set_right(connection, "local", PROJECT, name, right)
    return key


def cookie_of(services: Services, key: str) -> Visitor:
    """Return the cookie of a user who logged in with *key*."""
    return Visitor(Client(services, None), key)


def revoked(services: Services) -> tuple[str, Visitor]:
    """Return the key and the login of a user who had every right until now."""
    key = add_user(services, "left", Right.ADMIN)
    visitor = cookie_of(services, key)
    with services.database.write() as connection:
        users.set_key(connection, "left", new_key())
    return key, visitor


def by_key(services: Services, key: str | None) -> tuple[Client, dict[str, str], str]:
    """Return how a program sends its key, if it has one."""
    return Client(services, key), {}, ""


def by_login(visitor: Visitor) -> tuple[Client, dict[str, str], str]:
    """Return how a browser sends its cookie, and the hidden fields of its forms."""
    match = re.search(r'name="token" value="([^"]+)"', visitor.get("/").text)
    return visitor.client, {"Cookie": visitor.cookie}, match[1] if match else ""


def anonymous_key(services: Services) -> str:
    """Return the key of a new anonymous account."""
    services.anonymous.enabled = True
    with services.database.write() as connection:
        return services.anonymous.create(connection, "192.0.2.1")[1]


def by_visit(services: Services, key: str) -> tuple[Client, dict[str, str], str]:
    """Return how a browser with the link of an anonymous account's run sends its cookie."""
    user = find_user(services, key)
    assert user is not None
    return Client(services, None), {"Cookie": f"wandb_nb_visit_8090={visit_token(services, user)}"}, ""


OUTSIDERS: dict[str, Callable[[Services], tuple[Client, dict[str, str], str]]] = {
    "nobody": lambda services: by_key(services, None),
    "a key of no user": lambda services: by_key(services, "local-" + "0" * 40),
    "another user's key": lambda services: by_key(services, add_user(services, "other")),
    "another user's login": lambda services: by_login(cookie_of(services, add_user(services, "other"))),
    "a revoked key": lambda services: by_key(services, revoked(services)[0]),
    "a revoked login": lambda services: by_login(revoked(services)[1]),
    "an anonymous account": lambda services: by_key(services, anonymous_key(services)),
    "a visitor of an anonymous account": lambda services: by_visit(services, anonymous_key(services)),
    "a forged visit": lambda services: (
        Client(services, None),
        {"Cookie": "wandb_nb_visit_8090=WyJ4IiwxLCJ4Il0.x"},
        "",
    ),
    "a forged login": lambda services: (Client(services, None), {"Cookie": "wandb_nb_login_8090=WzEsIngiXQ.x"}, ""),
}


def revealed(answer: httpx.Response) -> bool:
    """Return whether an answer contains a mark, apart from names in the request itself."""
    text = answer.text + " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    return MARK in text.replace(PROJECT, "").replace(RUN, "").replace("q=" + MARK, "")


@pytest.mark.parametrize("who", OUTSIDERS)
def test_no_request_of_an_outsider_is_obeyed(private: Private, who: str) -> None:
    """No address reveals a private project to a non-member or obeys one."""
    client, headers, token = OUTSIDERS[who](private.services)
    before = private.rows()
    for method, path, options in REQUESTS:
        request_options = {"data": {**options["data"], "token": token}} if "data" in options else options
        answer = client.send(method, path, headers=headers, **request_options)
        assert not revealed(answer), (path, answer.text)
        assert answer.status_code in {303, 401, 403, 404} or path in {"/graphql", "/"}, (path, answer.status_code)
    assert private.rows() == before


@pytest.mark.parametrize("who", [*OUTSIDERS, "a reader"])
def test_no_mutation_of_an_outsider_is_obeyed(private: Private, who: str) -> None:
    """No mutation, by name or by id, alone or after an allowed one, changes anything for a user without rights."""
    if who == "a reader":
        client, headers, _ = by_key(private.services, add_user(private.services, "reader", Right.READ))
    else:
        client, headers, _ = OUTSIDERS[who](private.services)
    before = private.rows()
    own = 'mine: upsertBucket(input: {modelName: "mine", name: "x"}) { inserted }'
    for text in MUTATIONS:
        for fields in (text, f"{own} {text}"):
            body = {"query": f"mutation {{ {fields.replace('ID', private.run_id)} }}"}
            answer = client.send("POST", "/graphql", json=body, headers=headers)
            assert answer.status_code in {401, 403, 404} or "errors" in answer.json(), (text, answer.text)
            assert not revealed(answer), (text, answer.text)
            assert who == "a reader" or "ID" not in text or MARK not in answer.text, (text, answer.text)
    assert private.rows() == before


def test_only_writers_post_rows(private: Private) -> None:
    """A reader, a user of an open project, and a writer who became a reader may not post to a run that they see."""
    path, stream = f"/files/local/{PROJECT}/{RUN}/file_stream", {"files": STREAM, "complete": True}
    writer, _, _ = by_key(private.services, add_user(private.services, "writer", Right.WRITE))
    assert writer.send("POST", path, json=stream).status_code == 200
    before = private.rows()
    with private.services.database.write() as connection:
        users.set_right(connection, "local", PROJECT, "writer", Right.READ)
        users.set_open(connection, "local", PROJECT, is_open=True)
    seen, _, _ = by_key(private.services, add_user(private.services, "other"))
    for client in (writer, seen):
        answer = client.send("POST", path, json=stream)
        assert answer.status_code == 403
        assert "may not change" in answer.text
    assert {name: private.rows()[name] for name in ("runs", "segments", "lines")} == {
        name: before[name] for name in ("runs", "segments", "lines")
    }


def test_members_are_obeyed(private: Private) -> None:
    """The same requests work for a member: the other tests see refusals, not mistakes in the requests."""
    client, headers, _ = by_key(private.services, add_user(private.services, "writer", Right.WRITE))
    for query in QUERIES[:4]:
        answer = client.send("POST", "/graphql", json={"query": f"{{ {query} }}"}, headers=headers).json()
        assert "errors" not in answer, answer
    for text in (*MUTATIONS[:4], *MUTATIONS[5:], MUTATIONS[4]):
        body = {"query": f"mutation {{ {text.replace('ID', private.run_id)} }}"}
        answer = client.send("POST", "/graphql", json=body, headers=headers).json()
        assert "errors" not in answer, (text, answer)


def test_every_address_is_among_the_requests(client: Client) -> None:
    """A new route is tested here too, or listed as one without project data."""
    app: Any = client.app.app.app  # behind what measures requests and refuses foreign ones
    routes: list[Route] = [route for route in app.routes if route.path not in HARMLESS]
    untried = [
        route.path
        for route in routes
        if not any(route.path_regex.match(path.partition("?")[0]) for _, path, _ in REQUESTS)
    ]
    assert untried == []
