"""Tables on pages of the server: sorted, filtered and searched, also very long ones; hostile cells are texts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from test_browser import ROOT, artifact, enter
from test_media_page import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page
    from visiting import Site

pytestmark = pytest.mark.browser

SCRIPT = """
import numpy as np, wandb_nb as wandb
with wandb.init(project="p", id="real") as run:
    rows = [[n, wandb.Image(np.full((8, 8, 3), 20 * n, np.uint8), caption=f"number {n}")] for n in range(9)]
    run.log({"samples": wandb.Table(["id", "picture"], rows)})
"""
WORDS = ("cat", "dog", "owl", HOSTILE)
MANY = 100_000
MAX_FRAME_MS = 1_000  # far above what benchmarks/bench_tables.py measures


def rows(count: int, offset: int = 0) -> list[list[Any]]:
    """Return rows of an id, a word, a number and a text."""
    return [[n, WORDS[n % 4], (n * 7919 + offset) % 1000 / 10, f"text {n}" if n % 5 else None] for n in range(count)]


def start(site: Site, name: str, tables: dict[int, list[list[Any]]]) -> None:
    """Upload a run that logged the table at these steps."""
    files, lines = {}, []
    for step, data in tables.items():
        path = f"media/table/t_{step}_{len(data)}.table.json"
        files[path] = json.dumps({"columns": ["id", "kind", "score", "note"], "data": data}).encode()
        table = {"_type": "table-file", "path": path, "ncols": 4, "nrows": len(data), "size": len(files[path])}
        lines.append(json.dumps({"_step": step, "_runtime": step, "predictions": table}))
    site.start(name)
    site.upload(name, files)
    site.stream(name, files={"wandb-history.jsonl": {"offset": 0, "content": lines}})


def texts(card: Locator, column: int) -> list[str]:
    """Return the texts of a column, as far as its rows are drawn."""
    return card.locator(f".wnb-table-body [aria-colindex='{column}']").all_text_contents()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_is_sorted_filtered_and_grouped(site: Site, page: Page, noises: list[str], scheme: Any) -> None:
    """Heads sort, conditions narrow down, groups count, and the slider goes to an older table."""
    start(site, "tables", {0: rows(3), 10: rows(12)})
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1200, "height": 900})
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/tables")
    card = page.locator(".wnb-card[aria-label='Table predictions']")
    card.get_by_text("12 rows").wait_for()
    page.evaluate((ROOT / "labextension/node_modules/axe-core/axe.min.js").read_text("utf-8"))
    result = page.evaluate("() => axe.run()")
    assert [one["id"] for one in result["violations"] if one["impact"] in {"serious", "critical"}] == []
    card.get_by_role("columnheader", name="score").click()
    assert texts(card, 1)[0] == "0"
    page.keyboard.press("Enter")
    numbers = [float(text) for text in texts(card, 3)]
    assert numbers == sorted(numbers, reverse=True)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    expect(page.locator(":focus")).to_have_attribute("aria-colindex", "1")
    card.get_by_role("button", name="Filter").click()
    card.get_by_label("Filter score").fill("> 50")
    card.get_by_label("Filter kind").fill("onerror")
    card.get_by_text(" of 12 rows").wait_for()
    assert set(texts(card, 2)) == {HOSTILE}
    page.screenshot(path=artifact(f"table-{scheme}.png"))
    card.get_by_label("Filter kind").fill("")
    card.get_by_label("Filter score").fill("")
    card.get_by_label("Group the rows").select_option("kind")
    assert texts(card, 2) == ["3", "3", "3", "3"]
    card.get_by_label("Group the rows").select_option("")
    card.get_by_role("slider", name="Step of predictions").fill("0")
    card.get_by_text("3 rows", exact=True).wait_for()
    assert page.evaluate("() => window.harmed") is None
    assert noises == []


def test_a_long_table_scrolls(site: Site, page: Page) -> None:
    """Of 100,000 rows a few dozen are elements; the last one is reached by keyboard, and no frame takes long."""
    start(site, "long", {0: rows(MANY)})
    enter(site, page)
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{site.url}/local/p/runs/long")
    card = page.locator(".wnb-card[aria-label='Table predictions']")
    card.get_by_text("100,000 rows").wait_for()
    assert card.get_by_role("row").count() < 40
    longest = card.locator("[role=grid]").evaluate(
        """grid => new Promise((done) => {
            let longest = 0, last = performance.now(), frames = 0;
            const frame = (now) => {
                longest = Math.max(longest, now - last);
                last = now;
                grid.scrollTop += 5000;
                if (++frames < 60) requestAnimationFrame(frame);
                else done(longest);
            };
            requestAnimationFrame(frame);
        })"""
    )
    assert longest < MAX_FRAME_MS
    card.get_by_role("columnheader", name="id").focus()
    page.keyboard.press("Control+End")
    expect(page.locator("[role=row]:focus-within")).to_have_attribute("aria-rowindex", "100001")
    assert "99,999" in texts(card, 1)


def test_pictures_come_from_the_artifact(site: Site, page: Page, tmp_path: Path, noises: list[str]) -> None:
    """The table of a run that was sent has the pictures of its cells, which its artifact on the server has."""
    places = {"HOME": str(tmp_path), "WANDB_DIR": str(tmp_path), "WANDB_BASE_URL": site.url, "WANDB_API_KEY": site.key}
    subprocess.run([sys.executable, "-c", SCRIPT], env={**os.environ, **places}, cwd=tmp_path, check=True, timeout=120)
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/real")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.wnb-cell-picture img')].filter(one => one.naturalWidth === 8).length > 2"
    )
    expect(page.locator(".wnb-cell-picture img").first).to_have_attribute("alt", "number 0")
    assert noises == []
