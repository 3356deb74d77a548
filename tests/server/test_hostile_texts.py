"""Texts that look like markup, in every text of a run: no page gets an additional element or address."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from conftest import Client, open_new_services
from hostile_media import TEXTS
from visiting import UPLOAD, Visitor

PLAIN = ("plain", "a longer text, which tables and charts cut short: (x) " * 3)
RUN_PAGES = ("", "/overview", "/system", "/console", "/code", "/files", "/data", "/sampled", "/system/data")
FILES = ("code/train.py", "a.md", "a.json", "a.csv")
QUERIES = ("", "q=TEXT", "sort=TEXT", "group=TEXT", "q=config.TEXT%3D1", "group=config.TEXT", "state=TEXT", "page=TEXT")
COLUMNS = ("tags", "notes", "group", "job_type")
ADDRESSES = {"href", "src", "action", "formaction", "srcdoc", "data", "poster"}
ALERT = """mutation A($t: String!, $r: String!) {
    notifyScriptableRunAlert(input: {projectName: $r, runName: $r, title: $t, text: $t}) { success } }"""


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes, and its outside addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, ...]] = []
        self.elsewhere: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element, except the highlighted words of code, whose number depends on the code."""
        element = (tag, *(name for name, _ in attrs))
        if element != ("span", "class"):
            self.elements.append(element)
        urls = [urlsplit(value or "") for name, value in attrs if name in ADDRESSES]
        self.elsewhere += [url.geturl() for url in urls if url.scheme or url.netloc]


def begin(client: Client, run: str, text: str) -> None:
    """Start a run in its own project, with *text* wherever a client can give one."""
    config = json.dumps({text: {"value": text}, "deep": {"value": {text: [text]}}})
    names = dict.fromkeys(("displayName", "notes", "groupName", "jobType", "commit", "host", "jobProgram"), text)
    client.upsert(run, modelName=run, config=config, tags=[text], description=text, jobRepo=text, **names)
    lines = {
        "wandb-history.jsonl": [json.dumps({"_step": n, text: n, "text": text, "_runtime": n}) for n in range(3)],
        "wandb-events.jsonl": [json.dumps({f"system.{text}": 1, "_runtime": 1})],
        "wandb-summary.json": [json.dumps({text: text, "table": {"_type": text, "path": text}})],
        "output.log": [text, f"\x1b[31m{text}"],
    }
    stream = {name: {"offset": 0, "content": content} for name, content in lines.items()}
    assert client.send("POST", f"/files/local/{run}/{run}/file_stream", json={"files": stream}).status_code == 200
    upload(client, run, text)
    client.query(ALERT, t=text, r=run)


def upload(client: Client, run: str, text: str) -> None:
    """Upload files with *text* in them, and one of that name."""
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "source": text,
        "outputs": [{"output_type": text}],
    }
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    metadata = json.dumps({"program": text, "args": [text], "os": text, "git": {"remote": text, "commit": text}})
    files = {text: text, **dict.fromkeys(FILES, text), "requirements.txt": text}
    files |= {"code/_session_history.ipynb": notebook, "wandb-metadata.json": metadata, "a.json": json.dumps([text])}
    created = client.query(UPLOAD.replace('"p"', f'"{run}"'), run=run, files=list(files))["createRunFiles"]
    for file in created["files"]:
        assert client.send("PUT", file["uploadUrl"], content=files[file["name"]].encode()).status_code == 200


def pages(run: str, text: str) -> list[str]:
    """Return the addresses of all pages that show *text*."""
    word = quote(text, safe="")
    parts = [*RUN_PAGES, *(f"/files/{name}" for name in (word, *FILES))]
    listed = [f"/local/{run}/runs/{run}{part}" for part in parts]
    listed += [f"/local/{run}?{query.replace('TEXT', word)}" for query in QUERIES]
    return [*listed, f"/local/{run}/compare?run={run}&run={run}&all=1", f"/local/{word}", f"/{word}/{word}", "/"]


def visited(client: Client, run: str, text: str) -> dict[str, Structure]:
    """Return the structure of all HTML pages of a new run whose texts are *text*."""
    begin(client, run, text)
    key = client.headers
    visitor = Visitor(client)
    visitor.send(f"/local/{run}/columns", column=[f"config.{text}", f"summary.{text}", *COLUMNS])
    answers = {page: visitor.get(page) for page in pages(run, text)}
    client.headers = key
    for page, answer in answers.items():
        assert answer.status_code in {200, 400, 404}, page
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), page
    html = {page: answer.text for page, answer in answers.items() if "html" in answer.headers["content-type"]}
    assert len(html) > len(answers) // 2
    return {page: Structure(text) for page, text in html.items()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, ...]]:
    """Return the elements, with their attributes, that pages with plain texts have."""
    services = open_new_services(tmp_path_factory.mktemp("server"))
    client = Client(services, (services.folder / "key").read_text())
    structures = [visited(client, f"harmless{at}", text) for at, text in enumerate(PLAIN)]
    services.database.close()
    return {element for pages in structures for page in pages.values() for element in page.elements}


@pytest.mark.parametrize("payload", TEXTS)
def test_texts_never_become_elements(client: Client, usual: set[tuple[str, ...]], payload: str) -> None:
    """Pages of a run with hostile texts have no element, attribute or address that pages with plain texts lack."""
    for page, structure in visited(client, "hostile", payload).items():
        assert set(structure.elements) - usual == set(), page
        assert set(structure.elsewhere) <= {"data:,"}, page  # the icon
