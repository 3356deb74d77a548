"""Keys pressed inside a view in JupyterLab and Notebook 7 stay there, whatever part of the view has the focus."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from lab import open_cells, ready
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import ElementHandle, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
COMMAND_KEYS = [
    *("a", "b", "x", "c", "v", "z", "Shift+Z", "d", "d", "m", "y", "r", "1", "2", "3", "4", "5", "6"),
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown", "j", "k", "Shift+J"),
    *("Shift+K", "Home", "End", "i", "i", "0", "0", "l", "o", "h", "Shift+M", "Shift+L", "Control+z", "Control+a"),
    *(
        "Control+Shift+ArrowUp",
        "Control+Shift+ArrowDown",
        "Space",
        "Enter",
        "Shift+Enter",
        "Control+Enter",
        "Alt+Enter",
    ),
]
RUN = """import numpy as np, wandb_nb as wandb
random = np.random.default_rng(0)
run = wandb.init(project="keys", config={"lr": 0.1, "width": 64})
for step in range(20):
    image = wandb.Image(random.integers(0, 255, (8, 8, 3), np.uint8), caption=f"at {step}")
    run.log({"train/loss": 1 / (step + 1), "val/loss": 2 / (step + 1), "weights": list(random.normal(size=80)),
             "note": f"text {step}", "samples": [image, image],
             "tone": wandb.Audio(np.sin(np.arange(4000) / 9), sample_rate=8000), "page": wandb.Html("<b>x</b>"),
             "rows": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
run.finish()"""
LOOP = """for lr in (0.1, 0.2):
    with wandb.init(project="keys", config={"lr": lr}) as run:
        for step in range(20): run.log({"loss": lr / (step + 1)})"""
FOCUSABLE = "a[href], button, input, select, textarea, summary, audio[controls], video[controls], [tabindex]"


@pytest.fixture(params=["lab", "notebook"])
def server(servers: JupyterServers, request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """Start JupyterLab, then Notebook 7, with our extensions."""
    with servers.borrow(request.param) as server:
        yield server


@pytest.fixture
def page(server: JupyterServer, lab_page: Page) -> Iterator[Page]:
    """Open a notebook with a view of one run and one of two runs; all cells have run."""
    open_cells(lab_page, server, "keys.ipynb", "%load_ext wandb_nb", RUN, LOOP, "print('the last cell')")
    for _ in range(4):
        lab_page.keyboard.press("Shift+Enter")
    lab_page.get_by_text("the last cell", exact=True).wait_for()
    until(lambda: ready(server), "idle kernel")
    lab_page.locator(".wnb-runs li").nth(1).wait_for()
    yield lab_page
    lab_page.goto("about:blank")  # before its kernel ends


def notebook_state(page: Page) -> Any:
    """Return sources, types, execution counts and outputs of all cells, and which one is selected."""
    return page.evaluate(
        """() => { const { content } = window.jupyterapp.shell.currentWidget;
            return [content.activeCellIndex, content.widgets.map(({ model, inputHidden, outputHidden }) =>
                [model.type, model.sharedModel.source, model.executionCount, model.outputs?.length,
                 inputHidden, outputHidden, model.getMetadata('jp-MarkdownHeadingCollapsed')])]; }"""
    )


def focusable(page: Page, within: str = ".wnb") -> list[ElementHandle]:
    """Return one visible control of each kind in each card, and outside the cards."""
    handles = page.evaluate_handle(
        """([within, selector]) => { const kinds = new Set();
            return [...document.querySelectorAll(within)].flatMap(view => [...view.querySelectorAll(selector)])
                .filter(one => one.checkVisibility() && !one.disabled)
                .filter(one => { const card = one.closest('.wnb-card')?.getAttribute('aria-label') ?? '';
                    const kind = [card, one.tagName, one.type, one.className, one.getAttribute('role')].join(' ');
                    return !kinds.has(kind) && kinds.add(kind); }); }""",
        [within, FOCUSABLE],
    )
    return [element for one in handles.get_properties().values() if (element := one.as_element())]


def press_all(page: Page, element: ElementHandle) -> None:
    """Press all keys with the focus on *element*, as long as it can have it: the notebook stays as it is."""
    has_focus = "one => (one.focus({ preventScroll: true }), document.activeElement === one)"
    element.evaluate(has_focus)
    before = notebook_state(page)
    for key in COMMAND_KEYS:
        if not element.evaluate(has_focus):
            break
        page.keyboard.press(key)
    assert page.evaluate("() => window.executed.splice(0)") == []
    assert notebook_state(page) == before


def close_dialogs(page: Page) -> None:
    """Close what a key has enlarged."""
    page.evaluate("() => document.querySelectorAll('.wnb dialog').forEach(one => one.close())")


def test_no_key_reaches_the_notebook(page: Page) -> None:
    """All keys of the command mode, on each kind of control of a view, leave the notebook as it is."""
    page.evaluate(
        """() => { window.executed = [];
            window.jupyterapp.commands.commandExecuted.connect((_, { id }) => window.executed.push(id)); }"""
    )
    for title in ("loss", "samples"):
        card = page.locator(f".wnb-card[aria-label$='{title}']").first
        card.scroll_into_view_if_needed()
        card.get_by_role("button", name="Enlarge").first.click()
        for element in focusable(page, ".wnb dialog"):
            press_all(page, element)
        close_dialogs(page)
    parts = focusable(page)
    for element in parts:
        press_all(page, element)
        close_dialogs(page)
    assert len(parts) > 30, "every kind of control"
