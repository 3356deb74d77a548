"""The view on a plain page: the scripted runs of its tests, and their common gestures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "labextension"
ARTIFACTS = ROOT / "test-artifacts"
MIME = "application/vnd.wandb-nb.run+json"
HOSTILE = "<img src=x onerror=window.harmed=1>"
SCRIPT = {
    "name": "snowy-owl-10",
    "keys": ["train/loss", "val/loss", "train/accuracy", "val/accuracy", "train/lr", "gpu/temp"],
    "start": 400,
    "each": 40,
    "total": 4_000,
    "config": {"lr": 0.1, "model": {"width": 64, "activation": "relu"}},
}


def show(page: Page, **changes: Any) -> None:
    """Mount a scripted run, and wait for its first chart."""
    page.evaluate(
        "script => { window.feed = wandbNb.scripted(document.getElementById('view'), script); }", {**SCRIPT, **changes}
    )
    page.wait_for_selector(".wnb canvas")
    settle(page)


def settle(page: Page) -> None:
    """Wait until the view has drawn the last change: it draws once per frame, and what came into sight in the next."""
    page.evaluate(
        "() => new Promise((done) => { let frames = 3;"
        " const next = () => frames-- > 0 ? requestAnimationFrame(next) : done(); next(); })"
    )


def darken(page: Page) -> None:
    """Turn the page dark as JupyterLab does."""
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; document.body.style.background = '#111'; }")
    page.wait_for_selector(".wnb[data-theme=dark]")
    settle(page)


def shot(page: Page, name: str) -> None:
    """Save a picture for people to check."""
    ARTIFACTS.mkdir(exist_ok=True)
    settle(page)
    page.screenshot(path=ARTIFACTS / f"view-{name}.png")


def points(page: Page) -> int:
    """Return the points that the view has drawn."""
    return int(page.get_attribute(".wnb", "data-points") or 0)


def serious(page: Page, root: str = ".wnb") -> list[tuple[str, str]]:
    """Return the serious findings of axe-core below *root*: rule and element."""
    settle(page)
    page.add_script_tag(path=SOURCES / "node_modules/axe-core/axe.min.js")
    result = page.evaluate("root => axe.run(root)", root)
    return [
        (one["id"], one["nodes"][0]["html"]) for one in result["violations"] if one["impact"] in {"serious", "critical"}
    ]
