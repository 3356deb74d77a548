"""Media on a run's page in Chromium: pictures over steps, sounds, pages and tables; hostile ones stay harmless."""

from __future__ import annotations

import io
import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from test_browser import ROOT, artifact, enter
from threaded_server import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page
    from visiting import Site

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.harmed=1>"
STEPS = (0, 10, 20)
LABELS = {"samples_wandb_delimeter_truth": {"type": "mask", "value": {"3": HOSTILE}}}
CONFIG = json.dumps({"_wandb": {"value": {"mask/class_labels": LABELS}}})


NEWEST = f"at 20; mask truth: {HOSTILE}"  # the text alternative of the newest picture


def png(red: int) -> bytes:
    """Return a picture of 8 x 8 pixels in one colour."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (red, 0, 0)).save(out, "PNG")
    return out.getvalue()


def grey_png(class_id: int) -> bytes:
    """Return a mask of 8 x 8 pixels of one class."""
    out = io.BytesIO()
    Image.new("L", (8, 8), class_id).save(out, "PNG")
    return out.getvalue()


class Stranger(BaseHTTPRequestHandler):
    """Somebody else's server, which records what it is asked for."""

    requests: list[str]

    def do_GET(self) -> None:
        """Record the path."""
        self.requests.append(self.path)
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def stranger() -> Iterator[ThreadedServer]:
    """Start somebody else's server."""
    Stranger.requests = []
    with ThreadedServer(Stranger) as server:
        yield server


def start(site: Site, run: str = "pictures", *, html: str | None = None) -> None:
    """Upload a run with two pictures per step; with *html* also that page, a table and a molecule."""
    rows: list[dict[str, Any]] = []
    files = {f"media/images/s_{step}_{i}.png": png(100 * i + step) for step in STEPS for i in range(2)}
    for step in STEPS:
        names = [f"media/images/s_{step}_{i}.png" for i in range(2)]
        pictures = {"_type": "images/separated", "count": 2, "width": 8, "height": 8, "filenames": names}
        rows.append({"_step": step, "_runtime": step, "samples": {**pictures, "captions": [f"at {step}", HOSTILE]}})
    mask = {"truth": {"_type": "mask", "path": "media/images/mask/m.png"}}
    files["media/images/mask/m.png"] = grey_png(3)
    rows[-1]["samples"]["all_masks"] = [mask, None]
    if html is not None:
        add_others(files, rows[-1], html)
    site.start(run, config=CONFIG)
    site.upload(run, files)
    content = [json.dumps(row) for row in rows]
    site.stream(run, files={"wandb-history.jsonl": {"offset": 0, "content": content}})


def add_others(files: dict[str, bytes], row: dict[str, Any], html: str) -> None:
    """Add media that are not pictures."""
    files["media/html/p.html"] = html.encode()
    files["media/table/t.table.json"] = json.dumps({"columns": ["id", HOSTILE], "data": [[1, HOSTILE]]}).encode()
    atom = "ATOM      {0}  {1}   HOH A   1       {2:.3f}   0.000   0.000  1.00  0.00           {1}"
    files["media/molecule/m.pdb"] = "\n".join((atom.format(1, "O", 0), atom.format(2, "H", 0.957))).encode()
    row |= {
        "page": {"_type": "html-file", "path": "media/html/p.html", "size": 9},
        "table": {"_type": "table-file", "path": "media/table/t.table.json", "ncols": 2, "nrows": 1, "size": 99},
        "molecule": {"_type": "molecule-file", "path": "media/molecule/m.pdb", "size": 1234},
    }


def loaded(page: Page, alt: str) -> None:
    """Wait until a picture with this alternative text is drawn."""
    page.wait_for_function(
        "alt => [...document.querySelectorAll('.wnb-media img')].some(one => one.alt === alt && one.naturalWidth > 0)",
        arg=alt,
    )


def test_pictures_over_steps(site: Site, page: Page) -> None:
    """The newest pictures are drawn as pixels; slider and arrows move through the steps; Enter enlarges one."""
    start(site)
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/pictures")
    card = page.locator(".wnb-card[aria-label='Media samples']")
    loaded(page, NEWEST)
    slider = card.get_by_role("slider", name="Step of samples")
    expect(card.locator("img")).to_have_count(2)
    expect(card.locator("img[data-pixelated]")).to_have_count(2)
    expect(card.locator("figcaption").nth(1)).to_have_text(HOSTILE)
    expect(slider).to_have_attribute("aria-valuetext", "step 20")
    slider.fill("0")
    loaded(page, "at 0")
    expect(card.locator(".wnb-where")).to_have_text("step 0")
    card.locator(".wnb-media-picture").first.focus()
    page.keyboard.press("ArrowRight")
    loaded(page, "at 10")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    page.wait_for_function("() => document.querySelector('dialog[open] img').naturalWidth === 8")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('dialog[open] img').alt.startsWith('at 20')")
    expect(dialog.locator(".wnb-media-caption")).to_have_text("at 20 · step 20")
    page.screenshot(path=artifact("media-enlarged.png"))
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("() => window.harmed") is None


def test_runs_are_compared(site: Site, page: Page) -> None:
    """The comparison page has the pictures of both runs beside each other, with masks, and one slider for both."""
    start(site, "first")
    start(site, "second")
    enter(site, page)
    page.goto(f"{site.url}/local/p/compare?run=first&run=second")
    card = page.locator(".wnb-card[aria-label='Media samples']")
    page.wait_for_function("() => document.querySelectorAll('.wnb-media-column canvas.wnb-mask').length === 2")
    expect(card.locator(".wnb-media-column")).to_have_count(2)
    expect(card.locator("img").first).to_have_attribute("alt", f"at 20; mask truth: {HOSTILE}")
    expect(card.locator(".wnb-class")).to_have_text([HOSTILE])
    card.scroll_into_view_if_needed()
    page.screenshot(path=artifact("media-compared.png"))
    card.get_by_role("slider", name="Step of samples").fill("0")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.wnb-media img')].filter(one => one.alt === 'at 0').length === 2"
    )
    assert page.evaluate("() => window.harmed") is None


def test_many_pictures_are_loaded_in_sight(site: Site, page: Page) -> None:
    """Of a hundred pictures only those in sight are loaded and held, each in a place of its own."""
    names = [f"media/images/n_{i}.png" for i in range(100)]
    row = {"_type": "images/separated", "count": 100, "width": 8, "height": 8, "filenames": names}
    site.start("many")
    site.upload("many", {name: png(i) for i, name in enumerate(names)})
    site.stream(
        "many", files={"wandb-history.jsonl": {"offset": 0, "content": [json.dumps({"_step": 0, "many": row})]}}
    )
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/many")
    grid = page.locator(".wnb-media")
    images = grid.locator("img[src]")
    page.wait_for_function("() => document.querySelectorAll('.wnb-media img[src]').length > 5")
    assert images.count() < 40
    page.screenshot(path=artifact("media-many.png"))
    boxes = [grid.locator(".wnb-media-picture").nth(i).bounding_box() for i in (0, 20)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[1]["y"] > boxes[0]["y"] + boxes[0]["height"]
    grid.evaluate("one => one.scrollTo(0, one.scrollHeight)")
    page.wait_for_function("() => [...document.querySelectorAll('.wnb-media img')].at(-1).naturalWidth === 8")
    page.wait_for_function("() => !document.querySelector('.wnb-media img').hasAttribute('src')")


def test_the_steps_can_be_played(site: Site, page: Page) -> None:
    """The play button moves through the steps until it is pressed again, and is absent with reduced motion."""
    start(site)
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/pictures")
    loaded(page, NEWEST)
    page.get_by_role("button", name="Play the steps of samples").click()
    loaded(page, "at 10")
    page.get_by_role("button", name="Pause samples").click()
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    loaded(page, NEWEST)
    expect(page.get_by_role("button", name="Play the steps of samples")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_other_media(site: Site, page: Page, noises: list[str], stranger: ThreadedServer, scheme: Any) -> None:
    """HTML runs and loads nothing, table cells are texts, molecules are drawn; axe-core finds nothing serious."""
    start(site, html=f"<p id=seen>seen</p><script>parent.harmed = 1</script><img src={stranger.url}/x>")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1200, "height": 1200})
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/pictures")
    loaded(page, NEWEST)
    expect(page.frame_locator(".wnb-media-frame").locator("#seen")).to_have_text("seen")
    cells = page.locator(".wnb-card-table [role=gridcell]")
    cells.first.wait_for()
    expect(cells).to_have_text(["1", HOSTILE])
    molecule = page.locator(".wnb-card[aria-label='Media molecule']")
    expect(molecule.locator(".wnb-orbit")).to_have_attribute("aria-label", "Molecule molecule: 2 atoms (HO), 1 bonds")
    page.screenshot(path=artifact(f"media-{scheme}.png"), full_page=True)
    page.evaluate((ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8"))
    result = page.evaluate("() => axe.run(document, {iframes: false})")
    serious = [one["id"] for one in result["violations"] if one["impact"] in {"serious", "critical"}]
    assert serious == []
    assert Stranger.requests == []
    assert page.evaluate("() => window.harmed") is None
    noises[:] = [noise for noise in noises if "Content Security Policy" not in noise and "sandboxed" not in noise]


def test_a_run_without_media_requests_no_files(site: Site, page: Page) -> None:
    """A page of a run that logged numbers only has no media card and requests no file."""
    site.start("numbers")
    site.rows_of("numbers", 20)
    enter(site, page)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url) if "/files/" in request.url else None)
    page.goto(f"{site.url}/local/p/runs/numbers")
    page.wait_for_function("() => document.querySelector('.wnb')?.dataset.points === '20'")
    expect(page.locator(".wnb-media")).to_have_count(0)
    assert requested == []
