"""The pages of artifacts: what they show, to whom, and hostile texts in them."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from artifact_client import ArtifactClient, RemoteClient, digest_of, manifest_of
from conftest import Client
from hostile_media import TEXTS
from test_browser import ROOT, artifact, enter
from test_hostile_texts import Structure
from visiting import Visitor

from wandb_nb.server.storage import users

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visiting import Site

    from wandb_nb.server.http.services import Services

USE = """mutation U($id: ID!, $run: String!, $p: String!) { useArtifact(input: {artifactID: $id, entityName: "local",
    projectName: $p, runName: $run}) { artifact { id } } }"""
LINK = """mutation L($id: ID!, $p: String!) { linkArtifact(input: {artifactID: $id, artifactPortfolioName: "prod",
    entityName: "local", projectName: $p}) { versionIndex } }"""


def furnish(client: Client | RemoteClient, project: str = "p", text: str = "plain") -> str:
    """Log two versions with *text* wherever a client can give one, used and linked; return their name."""
    name = re.sub(r"[/\\:]", "-", text)[:60]
    upsert = "mutation U($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"
    client.query(upsert, input={"name": "r", "modelName": project, "displayName": text})
    logger = ArtifactClient(client, project=project)
    facts = {"description": text, "metadata": json.dumps({text: text}), "tags": [{"tagName": text}]}
    logger.log(name, {f"{name}.txt": b"one", "same": b"same", "gone": b"gone"}, artifactTypeName=name, **facts)
    files = {f"{name}.txt": b"two", "same": b"same", "new": b"new"}
    manifest = manifest_of(files, reference={"digest": text, "size": 0, "ref": f"javascript:{text}"})
    creation = {"artifactTypeName": name, "aliases": [name], **facts}
    node = logger.create(name, digest_of(manifest), **creation)
    logger.upload(node["id"], files)
    assert logger.send_manifest(node["id"], manifest) == 200
    assert "errors" not in logger.commit(node["id"])
    client.query(USE, id=node["id"], run="r", p=project)
    client.query(LINK, id=node["id"], p=project)
    return name


def pages_of(project: str, name: str) -> list[str]:
    """Return the addresses of the pages that show the versions."""
    from urllib.parse import quote

    own = f"/local/{project}/artifacts/{quote(name, safe='')}"
    parts = ("", "/v0", "/v1", "/latest", "/v1/difference?from=v0", f"/{quote(name, safe='')}", "/v1?after=zzz")
    links = [f"/local/{project}/artifacts/prod", f"/local/{project}/artifacts/prod/v0"]
    listed = f"/local/{project}/artifacts?type={quote(name, safe='')}"
    return [f"/local/{project}", f"/local/{project}/artifacts", listed, *(own + part for part in parts), *links]


@pytest.fixture
def visitor(client: Client) -> Visitor:
    """Return a visitor of a project with artifacts."""
    furnish(client)
    return Visitor(client)


def text_of(visitor: Visitor, path: str) -> str:
    """Return the text of a page."""
    return unescape(re.sub(r"<[^>]+>", " ", visitor.get(path).text))


def test_pages_show_versions_and_lineage(visitor: Visitor) -> None:
    """The list, the versions with aliases, and a version's metadata, files, maker, user and link are on the pages."""
    assert 'href="/local/p/artifacts"' in visitor.get("/local/p").text
    assert re.search(r"plain\s+plain\s+2\s", text_of(visitor, "/local/p/artifacts"))
    assert re.search(r"v1\s+latest\s+plain", text_of(visitor, "/local/p/artifacts/plain"))
    version = text_of(visitor, "/local/p/artifacts/plain/latest")
    assert '"plain": "plain"' in version
    assert re.search(r"Logged by\s+plain\s+Used by\s+plain", version)
    assert "javascript:plain" in version
    assert "Link to" in text_of(visitor, "/local/p/artifacts/prod/v0")
    assert visitor.get("/local/p/artifacts/plain/v7").status_code == 404
    assert visitor.get("/local/p/artifacts/none").status_code == 404


def test_lineage_as_picture_and_list(visitor: Visitor, services: Services) -> None:
    """A version's page draws what led to it and what followed; picture and list say the same, the list with links."""
    client = Client(services, (services.folder / "key").read_text())
    client.upsert("later", displayName="later")
    model = ArtifactClient(client, run="later").log("model", {"m": b"m"}, artifactTypeName="model")
    version = '{project(name: "p", entityName: "local") {artifact(name: "plain:v1") {id}}}'
    data = client.query(version)["project"]["artifact"]["id"]
    client.query(USE, id=data, run="later", p="p")
    page = visitor.get("/local/p/artifacts/model/v0").text
    label = re.search(r'<svg role="img" aria-label="([^"]*)"', page)
    assert label is not None
    assert "made by run later (local/p/later); which used local/p/plain:v1 (plain)" in label[1]
    listed = page[page.index('<details class="lineage">') : page.index("</details>")]
    assert re.search(r'made by run <a href="/local/p/runs/later"[^>]*>later</a><ul><li>which used <a', listed)
    assert 'href="/local/p/artifacts/plain/v1"' in listed
    assert 'href="/local/p/artifacts/model/v0"' in visitor.get("/local/p/artifacts/plain/v1").text
    client.upsert("hidden", modelName="secret", displayName="hidden")
    client.query(USE, id=model["id"], run="hidden", p="secret")
    assert "hidden (local/secret" in visitor.get("/local/p/artifacts/model/v0").text
    with services.database.write() as connection:
        users.add_user(connection, "eve", "local-" + "2" * 40)
        users.set_right(connection, "local", "p", "eve", users.Right.READ)
    reader = Visitor(Client(services, "local-" + "2" * 40), "local-" + "2" * 40)
    seen = reader.get("/local/p/artifacts/model/v0").text
    assert "made by run later" in seen
    assert "hidden (local/secret" not in seen


def test_a_file_is_downloaded(visitor: Visitor) -> None:
    """The links of a version's page return the files as attachments that no browser executes."""
    page = visitor.get("/local/p/artifacts/plain/v0").text
    href = re.search(r'href="(/artifact-content/[^"]+)" download aria-label="Download plain.txt"', page)
    assert href is not None
    answer = visitor.get(href[1])
    assert answer.content == b"one"
    assert answer.headers["content-disposition"] == 'attachment; filename="plain.txt"'
    assert answer.headers["content-type"] == "application/octet-stream"


def test_differences_between_versions(visitor: Visitor) -> None:
    """Changed, added and removed files are listed, and files that stayed are not."""
    page = visitor.get("/local/p/artifacts/plain/v1/difference?from=v0").text
    tables = {title: re.findall(r'<th scope="row">([^<]+)</th>', part) for title, part in sections(page).items()}
    assert tables == {
        "Changed files": ["plain.txt"],
        "Added files": ["new", "reference"],
        "Removed files": ["gone"],
    }


def sections(page: str) -> dict[str, str]:
    """Return the parts of a page by their headings."""
    parts = re.split(r"<h2>([^<]+) <span", page)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_others_see_nothing(visitor: Visitor) -> None:
    """A user without right to the project gets no page of its artifacts, and none of a link to them."""
    services = visitor.client.services
    with services.database.write() as connection:
        users.add_user(connection, "eve", "local-" + "2" * 40)
    other = Client(services, "local-" + "2" * 40)
    other.upsert("r", entityName="eve")
    stranger = Visitor(other, "local-" + "2" * 40)
    for path in pages_of("p", "plain"):
        answer = stranger.get(path)
        assert answer.status_code == 404
        assert "/local/p" not in answer.text
    for path in pages_of("p", "plain"):
        assert visitor.get(path, Cookie="").status_code == 303


def test_hostile_texts_stay_texts(client: Client) -> None:
    """Pages of artifacts with hostile texts have no element or address that those with plain texts lack."""
    names = {f"h{at}": furnish(client, f"h{at}", text) for at, text in enumerate(TEXTS)}
    names["plain"] = furnish(client, "plain")
    visitor = Visitor(client)
    structures = {
        project: [Structure(visitor.get(path).text) for path in pages_of(project, name)[1:7]]
        for project, name in names.items()
    }
    usual = {element for structure in structures.pop("plain") for element in structure.elements}
    for project, pages in structures.items():
        for structure in pages:
            assert set(structure.elements) <= usual, project
            assert set(structure.elsewhere) <= {"data:,"}, project


@pytest.mark.browser
def test_pages_in_a_browser(site: Site, page: Page) -> None:
    """In a browser a version is compared by choosing another, axe finds nothing, and a phone needs no scrolling."""
    import httpx

    with httpx.Client(base_url=site.url, auth=("api", site.key), timeout=30) as http:
        furnish(RemoteClient(http))
    enter(site, page)
    axe = (ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8")
    problems: list[Any] = []
    page.set_viewport_size({"width": 390, "height": 844})
    for number, path in enumerate(pages_of("p", "plain")):
        page.goto(site.url + path)
        page.wait_for_selector("h1")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, path
        page.evaluate(axe)
        violations = page.evaluate("() => axe.run()")["violations"]
        problems += [(path, each["id"]) for each in violations if each["impact"] in {"serious", "critical"}]
        page.screenshot(path=artifact(f"artifacts-{number}.png"))
    assert problems == []
    page.goto(f"{site.url}/local/p/artifacts/plain/v1")
    page.select_option("#from", "v0")
    page.wait_for_selector("h2:has-text('Changed files')")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.screenshot(path=artifact("artifact-difference.png"))
