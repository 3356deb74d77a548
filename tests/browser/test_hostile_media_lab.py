"""The corpus of hostile media in JupyterLab: under a cell, compared, in a tab, and in a saved notebook."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harm import HARMLESS, Listener, harm
from hostile_media import TEXTS, hostile_media, write_files
from lab import ARTIFACTS, open_cells, start_cells
from playwright.sync_api import expect
from waiting import until

import wandb_nb
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile_media import HostileMedia
    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
CELLS = ("%load_ext wandb_nb\n%wandb show hostile1", "%wandb diff hostile1 hostile2")
SCROLL = """async view => {
    for (let more; (more = view.querySelector('.wnb-more')); await new Promise(done => setTimeout(done, 60)))
        more.click();
    for (const card of view.querySelectorAll('.wnb-card')) {
        card.scrollIntoView();
        await new Promise(done => setTimeout(done, 60));
    }
}"""


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """Start another server."""
    listener = Listener()
    yield listener
    listener.close()


def begin(lab: JupyterServer, run_id: str, media: HostileMedia) -> None:
    """Write a finished run with hostile media into the root of the server."""
    arguments = {"settings": {"silent": True}, "reinit": "create_new", "dir": lab.root, "mode": "offline"}
    run = wandb_nb.init(id=run_id, name=f"{run_id} {TEXTS[3]}", project=TEXTS[0][1:7], notes=TEXTS[3], **arguments)
    directory = session_of(run).directory
    assert directory is not None
    write_files(media, Path(run.dir).parent)
    for kind, entries in media.config.items():
        for name, value in entries.items():
            directory.media().add_config(kind, name, value)
    run.log(media.row)
    run.finish()


def look(page: Page, view: Locator) -> None:
    """Scroll through all cards of a view, and check that nothing harmed the page."""
    view.locator(".wnb-card").first.wait_for()
    view.evaluate(SCROLL)
    assert harm(page) == HARMLESS


def open_interactive(page: Page, view: Locator) -> None:
    """Open a figure in JupyterLab's own renderer of Plotly, and close it."""
    card = view.locator(".wnb-card[aria-label='Media figure']")
    card.scroll_into_view_if_needed()
    card.get_by_role("button", name="Interactive").click()
    page.locator("dialog[open] .js-plotly-plot .main-svg").first.wait_for()
    page.screenshot(path=ARTIFACTS / "hostile-figure.png")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def open_tab(page: Page) -> Locator:
    """Open the first run of the sidebar in a tab, and return its view."""
    page.evaluate("() => window.jupyterapp.commands.execute('wandb-nb:show-runs')")
    page.get_by_role("button", name="Open run").first.click()
    return page.locator(".wnb-main .wnb, .wnb-main.wnb").first


def reopen_without_files(page: Page, lab: JupyterServer) -> None:
    """Save the notebook and open it without kernel and without the runs."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save-all')")
    until(lambda: '"previews"' in (lab.root / "book.ipynb").read_text("utf-8"), "the saved notebook")
    lab.shut_sessions()
    shutil.rmtree(lab.root / "wandb")
    page.goto(lab.url("book.ipynb"))


def test_nothing_hostile_runs(
    servers: JupyterServers, lab_page: Page, monkeypatch: pytest.MonkeyPatch, elsewhere: Listener
) -> None:
    """All hostile texts are texts wherever a run is shown; nothing runs or asks another server, also in Plotly."""
    media = hostile_media(elsewhere.url)
    with servers.borrow() as lab:
        monkeypatch.setenv("WANDB_NB_DATA_DIR", str(lab.root.parent / "data"))
        for run_id in ("hostile1", "hostile2"):
            begin(lab, run_id, media)
        lab_page.set_viewport_size({"width": 1400, "height": 1500})
        open_cells(lab_page, lab, "book.ipynb", *CELLS)
        start_cells(lab_page)
        views = lab_page.locator(".jp-Notebook .wnb")
        expect(views).to_have_count(2)
        for at in range(2):
            look(lab_page, views.nth(at))
        lab_page.screenshot(path=ARTIFACTS / "hostile-media-lab.png")
        tab = open_tab(lab_page)
        look(lab_page, tab)
        expect(tab.locator(".wnb-vega canvas")).to_have_count(5)
        open_interactive(lab_page, tab)
        lab_page.screenshot(path=ARTIFACTS / "hostile-media-tab.png")
        reopen_without_files(lab_page, lab)
        expect(views).to_have_count(2)
        for at in range(2):
            look(lab_page, views.nth(at))
        assert elsewhere.requests == []
        lab_page.goto("about:blank")  # before its kernel ends
