"""The sidebar in real JupyterLab: listing, finding, opening, overlaying and deleting runs, and the status bar."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from lab import ARTIFACTS, IMAGES, TOKEN, ready, start_cells, watch
from plain import HOSTILE, serious
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect
from waiting import until

import wandb_nb
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab import JupyterServer, JupyterServers
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
TRAIN = """import wandb_nb as wandb
run = wandb.init(project="from-notebook", name="in-a-cell")
for step in range(50):
    run.log({"loss": 1 / (step + 1)})
run.finish()"""
TEXT = [nbformat.v4.new_markdown_cell(f"# Part {n}\n\n" + "text\n\n" * 9) for n in range(9)]


def write(path: Path, cells: list[Any]) -> None:
    """Write a notebook with its kernel's name."""
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def clear_outputs(path: Path) -> None:
    """Remove the outputs of a notebook's cells; the cells keep their ids."""
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def server(servers: JupyterServers) -> Iterator[JupyterServer]:
    """Start JupyterLab, with an empty notebook and one that trains in its root."""
    with servers.borrow() as server:
        for name, cells in {"empty": [], "train": [*TEXT, nbformat.v4.new_code_cell(TRAIN)]}.items():
            write(server.root / f"{name}.ipynb", cells)
        yield server


@pytest.fixture
def begin(server: JupyterServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes a run in the server's root and registry; remaining runs are finished."""
    monkeypatch.setenv("WANDB_NB_DATA_DIR", str(server.root.parent / "data"))
    started_runs = []

    def begin(steps: int = 200, pace: float = 50, **arguments: Any) -> Any:
        settings = {"silent": True, "x_stats_sampling_interval": 0.1}
        arguments = {"project": "digits", "dir": server.root, "mode": "offline", **arguments}
        run = wandb_nb.init(settings=settings, reinit="create_new", **arguments)
        started_runs.append(run)
        for step in range(steps):
            run.log({"train/loss": 2 * math.exp(-step / pace), "accuracy": 1 - math.exp(-step / pace)})
        return run

    yield begin
    for run in started_runs:
        run.finish()


@pytest.fixture
def page(server: JupyterServer, lab_page: Page, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open JupyterLab with the sidebar; at its end the console must have no error of this package."""
    lab_page.set_viewport_size({"width": 1280, "height": 860})
    noises = watch(lab_page)
    open_lab(lab_page, server)
    yield lab_page
    lab_page.screenshot(path=ARTIFACTS / f"end-of-{request.node.name}.png")
    assert noises == []


def open_lab(page: Page, server: JupyterServer, notebook: str = "empty.ipynb") -> None:
    """Open a notebook, without a kernel of an earlier test, and show the sidebar."""
    page.goto("about:blank")  # an open page would restart its kernel
    server.shut_sessions()
    page.goto(server.url(notebook))
    page.wait_for_selector(".jp-Notebook")
    page.evaluate("() => window.jupyterapp.commands.execute('wandb-nb:show-runs')")
    page.get_by_role("searchbox", name="Find a run").wait_for()


def row(page: Page, name: str) -> Locator:
    """Return the row of the run called *name*."""
    return page.get_by_role("grid", name="Runs").get_by_role("row").filter(has_text=name)


def rows(page: Page) -> list[str]:
    """Return the names of the visible rows."""
    return page.locator(".wnb-row-name").all_text_contents()


def shot(page: Page, name: str) -> None:
    """Save a picture for people to check."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"sidebar-{name}.png")


def test_runs_are_listed_found_and_grouped(page: Page, begin: Any) -> None:
    """Rows have state, latest value and curve; search, state and grouping filter and order them; names stay text."""
    for name, project in (("calm-sea", "digits"), (HOSTILE, "digits"), ("red-fox", "segmentation")):
        begin(name=name, project=project).finish(exit_code=1 if name == "red-fox" else 0)
    until(lambda: row(page, "red-fox").count(), "the rows")
    until(lambda: row(page, "calm-sea").locator(".wnb-row-value").text_content() == "0.03737", "the latest value")
    expect(row(page, "calm-sea").locator(".wnb-spark path")).to_have_attribute("d", re.compile("."))
    expect(row(page, "red-fox")).to_contain_text("failed")
    shot(page, "list")
    page.get_by_role("searchbox", name="Find a run").fill("digits calm")
    until(lambda: rows(page) == ["calm-sea"], "the one that fits")
    page.get_by_role("searchbox", name="Find a run").fill("")
    page.get_by_label("State").select_option("failed")
    until(lambda: rows(page) == ["red-fox"], "the failed one")
    page.get_by_label("State").select_option("")
    page.get_by_label("Group by").select_option("none")
    until(lambda: page.locator(".wnb-group").count() == 0, "a list without groups")
    assert rows(page)[:3] == ["red-fox", HOSTILE, "calm-sea"]
    assert page.evaluate("() => window.harmed") is None
    assert serious(page, ".wnb-side") == []
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.locator(".wnb-side[data-theme=dark]").wait_for()
    page.locator("#jupyterlab-splash").wait_for(state="detached")
    shot(page, "dark")
    assert serious(page, ".wnb-side") == []
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")


def test_equal_names_and_times_are_distinguishable(page: Page, begin: Any) -> None:
    """Runs of one name have their ids, everywhere in the row; its age and its duration have different words."""
    first, second = (begin(name="same-name", steps=10) for _ in range(2))
    second.finish()
    until(lambda: "step 9" in (row(page, first.id).text_content() or ""), "the active run")
    expect(row(page, first.id)).to_have_text(re.compile(r"running for \d+s · step 9"))
    expect(row(page, second.id)).to_have_text(re.compile(r"finished \d+ s ago · ran [\d.]+s"))
    expect(row(page, second.id).get_by_role("button", name=f"Delete same-name ({second.id})")).to_have_count(1)
    shot(page, "same-name")
    first.finish()


def test_a_live_run_grows_in_the_list_and_the_status_bar(page: Page, begin: Any) -> None:
    """Step and value of an active run change by themselves; at its end the status bar is empty again."""
    run = begin(name="live-one", steps=10)
    status = page.locator(".wnb-status-button")
    until(lambda: "live-one · step 9" in (status.text_content() or ""), "the live run in the status bar")
    run.log({"train/loss": 0.125, "accuracy": 1}, step=77)
    until(lambda: row(page, "live-one").locator(".wnb-row-value").text_content() == "0.125", "the new value")
    until(lambda: "step 77 · train/loss 0.125" in (status.text_content() or ""), "the new step")
    shot(page, "live")
    run.finish()
    until(lambda: "finished" in (row(page, "live-one").text_content() or ""), "its end")
    until(lambda: not status.is_visible(), "a free status bar")


def test_a_run_opens_whole(page: Page, begin: Any, tmp_path: Path) -> None:
    """The main area shows everything about a run, in tabs; axe finds no serious problem in any of them."""
    (tmp_path / "train.py").write_text("for step in range(3):\n    fit(step)\n")
    run = begin(name="whole-one", config={"lr": 0.1})
    run.log_code(tmp_path)
    print("printed", HOSTILE)  # noqa: T201  the console's test
    until(lambda: b"cpu" in (run.directory / f"run-{run.id}.wandb").read_bytes(), "a sample")
    run.finish()
    row(page, "whole-one").get_by_role("button", name="Open run").click()
    panel = page.locator(".wnb-main")
    panel.locator("canvas").first.wait_for()
    expected = {
        "Config": ("th", "lr"),
        "Summary": ("th", "accuracy"),
        "System": (".wnb-card-title", "cpu"),
        "Console": (".wnb-console", "printed <img"),
        "Code": (".wnb-toggle", "code/"),
        "Files": ("th", "config.yaml"),
    }
    problems = serious(page, ".wnb-main")
    for tab, (selector, text) in expected.items():
        panel.get_by_role("tab", name=tab, exact=True).click()
        panel.locator(selector).filter(has_text=text).locator("visible=true").first.wait_for()
        problems += serious(page, ".wnb-main")
        shot(page, tab.lower())
    panel.get_by_role("button", name="View wandb-metadata.json").click()
    panel.locator(".wnb-file .wnb-console").filter(has_text='"python"').wait_for()
    with page.expect_download() as download:
        panel.get_by_role("button", name="Download config.yaml").click()
    assert download.value.suggested_filename == "config.yaml"
    assert "lr" in Path(download.value.path()).read_text()
    assert problems == []


def test_selected_runs_are_overlaid(page: Page, begin: Any) -> None:
    """Selected rows are overlaid; the selection may change while the overlay is open. The documentation's picture."""
    for name, pace in (("calm-sea-1", 90), ("red-maple-2", 60), ("tall-pine-3", 40)):
        begin(name=name, pace=pace, project="shapes").finish()
    begin(name="blue-finch-4", pace=75, project="shapes")  # still active
    for name in ("calm-sea-1", "red-maple-2"):
        row(page, name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Overlay").click()
    labels = page.locator(".wnb-runs .wnb-run-label")
    until(lambda: sorted(labels.all_text_contents()) == ["calm-sea-1", "red-maple-2"], "two runs")
    page.locator(".wnb-main canvas").first.wait_for()
    row(page, "tall-pine-3").get_by_role("checkbox").check()
    page.get_by_role("button", name="Overlay").click()
    names = ["calm-sea-1", "red-maple-2", "tall-pine-3"]
    until(lambda: sorted(labels.all_text_contents()) == names, "three runs")
    page.mouse.move(640, 700)
    page.screenshot(path=IMAGES / "jupyterlab-sidebar.png")
    assert serious(page, ".wnb-main") == []


def test_keys_reach_everything(page: Page, begin: Any) -> None:
    """Tab stops once in the list; arrows go through rows and their controls; Enter opens, Space selects."""
    begin(name="key-a").finish()
    begin(name="key-b").finish()
    search = page.get_by_role("searchbox", name="Find a run")
    search.fill("key-")
    until(lambda: rows(page) == ["key-b", "key-a"], "the two rows")
    page.get_by_label("State").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile("^Open run key-a"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    until(lambda: row(page, "key-a").get_attribute("aria-selected") == "true", "the selected row")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".wnb-main canvas").first.wait_for()
    expect(page.locator(".wnb-main .wnb-run-name")).to_have_text("key-a")


def test_a_run_is_deleted_after_a_question(page: Page, begin: Any) -> None:
    """Cancel keeps the run; Delete removes row and files; an active run has no Delete."""
    run, live = begin(name="to-delete"), begin(name="to-keep")
    run.finish()
    assert row(page, "to-keep").get_by_role("button", name="Delete to-keep").is_disabled()
    for answer in ("Cancel", "Delete"):
        row(page, "to-delete").hover()
        row(page, "to-delete").get_by_role("button", name="Delete to-delete").click()
        dialog = page.locator(".jp-Dialog")
        expect(dialog).to_contain_text("to-delete")
        assert run.directory.is_dir()
        dialog.get_by_role("button", name=answer).click()
        dialog.wait_for(state="detached")
    until(lambda: row(page, "to-delete").count() == 0, "a list without it")
    until(lambda: not run.directory.exists(), "its files gone")
    assert live.directory.is_dir()


def test_the_notebook_that_started_a_run_opens(page: Page, server: JupyterServer) -> None:
    """A notebook's run opens the notebook at the run's cell, even if its kernel is gone and no output was saved."""
    page.goto("about:blank")  # an open page would restart its kernel
    server.shut_sessions()
    page.goto(server.url("train.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    until(lambda: ready(server), "idle kernel")
    start_cells(page)
    page.evaluate("() => window.jupyterapp.commands.execute('wandb-nb:show-runs')")
    until(lambda: "finished" in "".join(row(page, "in-a-cell").all_text_contents()), "the notebook's run", 90)
    page.goto("about:blank")
    server.shut_sessions()
    clear_outputs(server.root / "train.ipynb")  # JupyterLab may have saved them
    open_lab(page, server)
    expect(page.locator(".jp-NotebookPanel:visible")).to_have_count(1)
    page.get_by_label("Group by").select_option("notebook")
    page.locator(".wnb-group-name", has_text="train.ipynb").wait_for()
    row(page, "in-a-cell").hover()
    row(page, "in-a-cell").get_by_role("button", name="Open the notebook of in-a-cell").click()
    cell = page.locator(".jp-NotebookPanel:visible .jp-Cell.jp-mod-active", has_text="from-notebook")
    until(lambda: 0 < (cell.bounding_box() or {"y": 0})["y"] < 800, "the cell in sight")
    shot(page, "jump")


def type_into_palette(page: Page, text: str) -> bool:
    """Open the palette and type *text*; return False if it closed, as it does when what still loads takes the focus."""
    page.keyboard.press("Control+Shift+c")
    search = page.locator(".lm-CommandPalette-input")
    try:
        search.fill(text, timeout=3000)
    except PlaywrightTimeoutError:
        return False
    return search.is_visible()


def test_commands_and_settings_are_there(page: Page, begin: Any) -> None:
    """The palette has the commands, one of them opens the newest run, and settings change the list immediately."""
    begin(name="newest-one").finish()
    row(page, "newest-one").wait_for()
    until(lambda: type_into_palette(page, "runs (wandb_nb)"), "the command palette")
    for label in ("Show runs", "Open the newest run", "Refresh the list of runs"):
        page.locator(".lm-CommandPalette-itemLabel", has_text=label).first.wait_for()
    page.keyboard.press("Escape")
    page.evaluate("() => window.jupyterapp.commands.execute('wandb-nb:open-run')")
    page.locator(".wnb-main .wnb-run-name", has_text="newest-one").wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('settingeditor:open', {query: 'Runs (wandb_nb)'})")
    page.get_by_text("Refresh interval in seconds").first.wait_for()
    shot(page, "settings")


def test_the_tab_of_a_run_comes_back_with_the_page(page: Page, server: JupyterServer, begin: Any) -> None:
    """After a reload the open run is open again; the layout that the server stores has no token."""
    run = begin(name="comes-back")
    run.finish()
    page.goto(f"{server.base}/lab?reset&token={TOKEN}")
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('wandb-nb:show-runs')")
    page.evaluate(
        "() => window.jupyterapp.restored.then(() => window.jupyterapp.commands.execute('wandb-nb:show-runs'))"
    )
    row(page, "comes-back").get_by_role("button", name="Open run").click()
    page.locator(".wnb-main canvas").first.wait_for()
    saved = until(
        lambda: (text := str(server.get("/lab/api/workspaces"))) and session_of(run).entry.key in text and text,
        "the layout",
    )
    assert session_of(run).entry.token not in saved
    page.goto(f"{server.base}/lab?token={TOKEN}")
    page.locator(".wnb-main .wnb-run-name", has_text="comes-back").wait_for()


def test_two_thousand_runs(page: Page, server: JupyterServer, begin: Any) -> None:
    """A large registry is listed completely, a hundred rows at first; the time until they appear is saved."""
    run = begin(name="one-of-many", project="many", steps=5)
    run.finish()
    row(page, "one-of-many").wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('filebrowser:activate')")
    folder = server.root.parent / "data" / "runs"
    source = json.loads((folder / f"{session_of(run).entry.key}.json").read_text())
    for number in range(2_000):
        key = f"{run.id}.{number:08x}"
        changed = {"key": key, "id": f"many{number}", "name": f"many-{number}", "created": source["created"] + number}
        (folder / f"{key}.json").write_text(json.dumps({**source, **changed}))
    try:
        took = page.evaluate(
            """async () => {
                const start = performance.now();
                window.jupyterapp.commands.execute('wandb-nb:show-runs');
                const side = document.querySelector('.wnb-side');
                while (!(Number(side.dataset.runs) >= 2000 && side.querySelectorAll('.wnb-row').length >= 100))
                    await new Promise(requestAnimationFrame);
                return performance.now() - start; }"""
        )
        (ARTIFACTS / "sidebar-figures.json").write_text(json.dumps({"runs": 2_000, "opens_ms": round(took)}))
        until(lambda: page.locator(".wnb-row").count() < 400, "rows in sight only")
        page.get_by_role("searchbox", name="Find a run").fill("many-77")
        until(lambda: "many-77" in rows(page) and "many-1" not in rows(page), "the found ones")
    finally:
        for file in folder.glob(f"{run.id}.0000*.json"):
            file.unlink()


def test_notebook_7_as_far_as_its_shell_allows(
    servers: JupyterServers, lab_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notebook 7 has the list in its own sidebar, by the palette's command, and opens a run over the notebook."""
    with servers.borrow("notebook") as server:
        monkeypatch.setenv("WANDB_NB_DATA_DIR", str(server.root.parent / "data"))
        run = wandb_nb.init(project="digits", name="in-nb7", dir=server.root, mode="offline", settings={"silent": True})
        for step in range(50):
            run.log({"loss": 1 / (step + 1)})
        run.finish()
        write(server.root / "empty.ipynb", [])
        lab_page.set_viewport_size({"width": 1280, "height": 860})
        lab_page.goto(server.url("empty.ipynb"))
        lab_page.wait_for_selector(".jp-Notebook")
        lab_page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('wandb-nb:show-runs')")
        lab_page.evaluate("() => window.jupyterapp.commands.execute('wandb-nb:show-runs')")
        row(lab_page, "in-nb7").get_by_role("button", name="Open run").click()
        panel = lab_page.locator(".jp-Dialog .wnb-dialog")
        panel.locator("canvas").first.wait_for()
        panel.get_by_role("tab", name="Files", exact=True).click()
        panel.get_by_role("button", name="View config.yaml").wait_for()
        shot(lab_page, "nb7")
        assert serious(lab_page, ".wnb-dialog") == []
        lab_page.get_by_role("button", name="Close", exact=True).click()
        panel.wait_for(state="detached")
