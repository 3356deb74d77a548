"""Sounds, 3D objects, molecules, figures and pages in JupyterLab: drawn, by keyboard too, and nothing in them runs."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from lab import ARTIFACTS, open_cells, start_cells
from plain import HOSTILE, darken, serious
from playwright.sync_api import expect
from waiting import until

if TYPE_CHECKING:
    from lab import JupyterServers
    from playwright.sync_api import Locator, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed"),
]
CELL = f"""import numpy as np, plotly.graph_objects as go, wandb_nb as wandb
bad = {HOSTILE!r}
rate = 8000
t = np.arange(2 * rate) / rate
tone = np.sin(2 * np.pi * 220 * t * (1 + t / 4)) * np.exp(-2 * (t % 0.5))
u, v = np.random.default_rng(0).random((2, 20000)) * 2 * np.pi
cloud = np.stack([(3 + np.cos(v)) * np.cos(u), (3 + np.cos(v)) * np.sin(u), np.sin(v)], 1)
box = {{"corners": [[x, y, z] for x in (2, 4) for y in (-1, 1) for z in (-1, 1)], "label": bad, "color": [255, 80, 0]}}
mesh = "".join(f"v {{x}} {{y}} {{0.8 * np.sin(x) * np.cos(y)}}\\n" for x in range(20) for y in range(20))
mesh += "".join(f"f {{i}} {{i + 1}} {{i + 21}} {{i + 20}}\\n" for i in range(1, 380) if i % 20)
open("hills.obj", "w").write(mesh)
ring = [(1.39 * np.cos(a), 1.39 * np.sin(a)) for a in np.arange(6) * np.pi / 3]
atoms = [(x, y, "C") for x, y in ring] + [(1.78 * x, 1.78 * y, "H") for x, y in ring]
bonds = [(i + 1, (i + 1) % 6 + 1) for i in range(6)] + [(i + 1, i + 7) for i in range(6)]
sdf = "benzene\\n\\n\\n 12 12\\n" + "".join(f"{{x:10.4f}}{{y:10.4f}}    0.0000 {{e}}\\n" for x, y, e in atoms)
open("benzene.sdf", "w").write(sdf + "".join(f"{{a:3d}}{{b:3d}}  1\\n" for a, b in bonds) + "M  END\\n")
figure = go.Figure([go.Scatter(x=t[::400], y=tone[::400], name=bad), go.Scatter(x=t[::400], y=t[::400], name="line")])
figure.update_layout(title="Tone", xaxis_title="seconds")
heat = go.Figure(go.Heatmap(z=np.outer(np.sin(t[::400] * 4), np.cos(t[::400] * 3))))
page = "<p id=seen>seen</p><script>parent.harmed = 1</script><svg onload=parent.harmed=1></svg>"
with wandb.init(project="p", name="kinds") as run:
    run.log({{
        "tone": wandb.Audio(tone, sample_rate=rate, caption=bad),
        "cloud": wandb.Object3D({{"type": "lidar/beta", "points": cloud, "boxes": np.array([box]),
                                 "vectors": np.array([])}}),
        "hills": wandb.Object3D(open("hills.obj")), "benzene": wandb.Molecule("benzene.sdf", caption=bad),
        "figure": wandb.Plotly(figure), "heat": wandb.Plotly(heat), "page": wandb.Html(page, inject=False),
    }})
"""
COLOURS = """one => { const {data} = one.getContext('2d').getImageData(0, 0, one.width, one.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3]) seen.add([data[i] >> 4, data[i + 1] >> 4, data[i + 2] >> 4].join());
    return seen.size; }"""


def card(page: Page, key: str) -> Locator:
    """Return the card of a metric in sight."""
    found = page.locator(f".wnb-card[aria-label='Media {key}']")
    found.wait_for()
    found.scroll_into_view_if_needed()
    return found


def check_sound(page: Page) -> None:
    """Check that the waveform has the sound's length, and that keys seek and play."""
    wave = card(page, "tone").locator(".wnb-wave")
    until(lambda: wave.get_attribute("aria-valuetext") == "0s of 2s", "the waveform")
    until(lambda: wave.locator("canvas").evaluate(COLOURS) >= 1, "the drawn waveform")
    wave.focus()
    page.keyboard.press("ArrowRight")
    until(lambda: wave.get_attribute("aria-valuetext") == "0.1s of 2s", "the next position")
    player = card(page, "tone").locator("audio")
    assert player.evaluate("one => one.paused"), "nothing plays by itself"
    page.keyboard.press("Space")
    until(lambda: player.evaluate("one => !one.paused || one.ended || one.currentTime > 0.2"), "the sound plays")
    page.keyboard.press("End")


def check_solids(page: Page) -> None:
    """Check that points, meshes and molecules are drawn in many colours, and that arrows turn them."""
    for key, text in [
        ("cloud", "20,000 points, 1 box"),
        ("hills", "722 triangles"),
        ("benzene", "12 atoms (C6H6), 12 bonds"),
    ]:
        orbit = card(page, key).locator(".wnb-orbit")
        until(lambda orbit=orbit, text=text: text == orbit.get_attribute("data-drawn"), key)  # type: ignore[misc]
        expect(orbit).to_have_attribute("aria-label", re.compile(re.escape(text)))
        until(lambda orbit=orbit: orbit.locator("canvas").evaluate(COLOURS) > 10, key)  # type: ignore[misc]
    orbit = page.locator(".wnb-orbit").first
    before = orbit.locator("canvas").evaluate("one => one.toDataURL()")
    orbit.focus()
    page.keyboard.press("ArrowLeft")
    until(lambda: orbit.locator("canvas").evaluate("one => one.toDataURL()") != before, "the turned object")


def check_figures(page: Page) -> None:
    """Check that figures are our own charts, and interactive by JupyterLab's renderer of Plotly."""
    figure = card(page, "figure")
    until(lambda: figure.locator(".wnb-plot-drawing path").count() >= 2, "the lines")
    expect(figure.locator(".wnb-entry")).to_have_text([HOSTILE, "line"])
    heat = card(page, "heat")
    until(lambda: heat.locator(".wnb-figure-plot rect").count() > 1000, "the heat map")
    figure.get_by_role("button", name="Interactive").click()
    dialog = page.locator("dialog[open]")
    until(lambda: dialog.locator(".js-plotly-plot .main-svg").count() > 0, "Plotly's own drawing")
    page.screenshot(path=ARTIFACTS / "media-figure-interactive.png")
    page.keyboard.press("Escape")
    page.locator(".wnb-orbit").first.focus()
    page.keyboard.press("f")
    until(
        lambda: dialog.locator(".wnb-orbit").get_attribute("data-drawn") == "20,000 points, 1 box", "the large object"
    )
    page.screenshot(path=ARTIFACTS / "media-solid-large.png")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_other_kinds(servers: JupyterServers, lab_page: Page) -> None:
    """Each kind is drawn in its own way, light and dark; axe finds nothing serious, and nothing hostile runs."""
    with servers.borrow() as lab:
        lab_page.set_viewport_size({"width": 1280, "height": 1300})
        open_cells(lab_page, lab, "kinds.ipynb", CELL)
        start_cells(lab_page)
        check_sound(lab_page)
        check_solids(lab_page)
        check_figures(lab_page)
        frame: Any = card(lab_page, "page").frame_locator(".wnb-media-frame").locator("#seen")
        expect(frame).to_have_text("seen")
        lab_page.screenshot(path=ARTIFACTS / "media-kinds-light.png")
        assert serious(lab_page) == []
        darken(lab_page)
        lab_page.screenshot(path=ARTIFACTS / "media-kinds-dark.png")
        assert serious(lab_page) == []
        assert lab_page.evaluate("() => window.harmed") is None
        lab_page.goto("about:blank")  # before its kernel ends
