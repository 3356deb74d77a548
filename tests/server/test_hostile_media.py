"""The corpus of hostile media on pages of the server: nothing in it runs, changes a page or asks another server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
from artifact_client import ArtifactClient, RemoteClient, digest_of, manifest_of
from harm import HARMLESS, Listener, harm
from hostile_media import CLIENT_ID, TEXTS, hostile_media
from playwright.sync_api import expect
from test_browser import artifact, enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile_media import HostileMedia
    from playwright.sync_api import Page, Route
    from visiting import Site

pytestmark = pytest.mark.browser
SCROLL = """async () => {
    for (let top = 0; top < document.documentElement.scrollHeight; top += 2000) {
        scrollTo(0, top);
        await new Promise(done => setTimeout(done, 200));
    }
}"""
BLOCKED = ("Failed to load resource", "Content Security Policy", "sandboxed", "Unsafe attempt to load URL")
"""What a browser prints about all that it does not load or run."""


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """Start another server."""
    listener = Listener()
    yield listener
    listener.close()


def upload(site: Site, run: str, media: HostileMedia) -> None:
    """Upload a run with the row, its summary, files and artifact."""
    config = json.dumps({"_wandb": {"value": media.config}, TEXTS[0]: {"value": TEXTS[3]}})
    site.start(run, displayName=f"{run} {TEXTS[3]}", config=config)
    site.upload(run, media.files)
    row = json.dumps({"_step": 0, "_runtime": 0, **media.row})
    site.stream(
        run, files={name: {"offset": 0, "content": [row]} for name in ("wandb-history.jsonl", "wandb-summary.json")}
    )
    with httpx.Client(base_url=site.url, auth=("api", site.key), timeout=30) as http:
        client = ArtifactClient(RemoteClient(http), run=run)
        details = {"description": TEXTS[3], "metadata": json.dumps({TEXTS[0]: TEXTS})}
        contents = {**media.artifact, "drawing.svg": media.svg().encode(), f"{TEXTS[8]}.html": media.html().encode()}
        manifest = manifest_of(contents, reference={"digest": TEXTS[0], "size": 0, "ref": "javascript:window.harmed=1"})
        node = client.create(TEXTS[3], digest_of(manifest), clientID=CLIENT_ID, artifactTypeName=TEXTS[3], **details)
        client.upload(node["id"], contents)
        assert client.send_manifest(node["id"], manifest) == 200
        assert "errors" not in client.commit(node["id"])


def check_downloads(site: Site, media: HostileMedia) -> None:
    """Check that a browser that opens the address of a file itself executes nothing of it."""
    names = [f"files/local/p/hostile/{quote(name)}" for name in media.files]
    names += [f"artifact-files/{CLIENT_ID}/{quote(name)}" for name in media.artifact]
    with httpx.Client(base_url=site.url, auth=("api", site.key), timeout=30) as http:
        for name in names:
            headers = http.get(f"/{name}").raise_for_status().headers
            assert headers["content-security-policy"] == "sandbox; default-src 'none'", name
            assert headers["x-content-type-options"] == "nosniff", name
            assert headers["content-disposition"].startswith("attachment"), name


def look_at_everything(page: Page) -> None:
    """Show all cards, and scroll through the page, so that they load their media."""
    page.set_viewport_size({"width": 1400, "height": 3000})
    more = page.locator(".wnb-more:visible")
    page.wait_for_selector(".wnb-card")
    while more.count() > 0:
        more.first.click()
    page.evaluate(SCROLL)
    page.evaluate(SCROLL)


def check_layers(page: Page) -> None:
    """Check that all boxes and labels are drawn, also in the enlarged picture."""
    card = page.locator(".wnb-card[aria-label='Media layers']")
    card.scroll_into_view_if_needed()
    expect(card.locator(".wnb-box")).to_have_count(len(TEXTS))
    expect(card.locator(".wnb-class").first).to_have_text(TEXTS[0])
    card.locator(".wnb-media-picture").click()
    expect(page.locator("dialog[open] .wnb-box")).to_have_count(len(TEXTS))
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def check_drawings(page: Page) -> None:
    """Check that objects, figures, tables and charts are drawn, and that what is not a picture is named."""
    orbits = [f"2 points, {len(TEXTS)} boxes", "1 triangles", "1 triangles"]
    for name, text in zip(("c.pts.json", "m.obj", "t.stl"), orbits, strict=True):
        card = page.locator(f".wnb-card[aria-label='Media {name}']")
        card.scroll_into_view_if_needed()
        expect(card.locator(".wnb-orbit")).to_have_attribute("data-drawn", text)
    scene = page.locator(".wnb-card[aria-label='Media s.gltf']")
    expect(scene.get_by_text("This file cannot be drawn here.")).to_have_count(1)
    for name in ("drawing", "disguised"):
        picture = page.locator(f".wnb-card[aria-label='Media {name}'] img")
        expect(picture).to_have_js_property("naturalWidth", 0)
    expect(page.locator("[aria-label='Media figure'] .wnb-entry").first).to_have_text(TEXTS[0])
    cells = page.locator("[aria-label='Table words'] .wnb-table-body [role=gridcell]")
    expect(cells.first).to_have_text(TEXTS[0])
    expect(page.locator("[aria-label='Table cells'] .wnb-cell-picture img").first).to_have_attribute("alt", TEXTS[3])
    expect(page.locator(".wnb-vega canvas")).to_have_count(5)
    expect(page.locator(".wnb-vega .vega-bindings select")).to_have_count(1)


def open_artifact_pages(site: Site, page: Page) -> None:
    """Open the pages of the artifact, on which its texts are texts."""
    own = f"/local/p/artifacts/{quote(TEXTS[3], safe='')}"
    for path in ("/local/p/artifacts", own, f"{own}/v0"):
        page.goto(site.url + path)
        expect(page.locator("main")).to_contain_text(TEXTS[3])
        assert harm(page) == HARMLESS, path
    for text in (TEXTS[0], f"{TEXTS[8]}.html", "javascript:window.harmed=1"):
        expect(page.locator("main")).to_contain_text(text)


def open_files(site: Site, page: Page, media: HostileMedia, elsewhere: Listener) -> None:
    """Open the addresses of stored pictures and pages: a browser saves them, and one that shows them runs nothing."""
    names = [f"files/local/p/hostile/{quote(name)}" for name in media.files if name.endswith((".svg", ".html"))]
    own = ("drawing.svg", quote(f"{TEXTS[8]}.html"))
    addresses = [f"{site.url}/{name}" for name in (*names, *(f"artifact-files/{CLIENT_ID}/{name}" for name in own))]
    assert {address.rpartition(".")[2] for address in addresses[:-2]} == {"svg", "html"}
    for address in addresses:
        with page.expect_download() as saving:
            page.evaluate("address => { location = address; }", address)
        saving.value.cancel()
    assert elsewhere.requests == []
    page.route("**/*files/**", show_instead_of_saving)
    for address in addresses:
        shown = page.goto(address)
        assert shown is not None
        assert shown.headers["content-type"] in {"image/svg+xml", "text/html"}, address
        assert harm(page) == HARMLESS, address


def show_instead_of_saving(route: Route) -> None:
    """Answer as the server does, but as a document of the file's own type and without the word to save it."""
    answer = route.fetch()
    kind = "image/svg+xml" if route.request.url.endswith(".svg") else "text/html"
    policy = answer.headers["content-security-policy"]
    route.fulfill(response=answer, headers={"content-type": kind, "content-security-policy": policy})


def test_nothing_hostile_runs(site: Site, page: Page, elsewhere: Listener, noises: list[str]) -> None:
    """On the pages of runs, of artifacts and of files all hostile texts are texts; nothing runs or asks elsewhere."""
    media = hostile_media(elsewhere.url)
    for run in ("hostile", "other"):
        upload(site, run, media)
    check_downloads(site, media)
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/hostile")
    look_at_everything(page)
    check_layers(page)
    check_drawings(page)
    page.screenshot(path=artifact("hostile-media.png"))
    assert harm(page) == HARMLESS
    page.goto(f"{site.url}/local/p/compare?run=hostile&run=other")
    look_at_everything(page)
    assert harm(page) == HARMLESS
    open_artifact_pages(site, page)
    open_files(site, page, media, elsewhere)
    noises[:] = [noise for noise in noises if not any(reason in noise for reason in BLOCKED)]
