"""Masks and boxes over pictures in JupyterLab: drawn, named, and switched; hostile labels are texts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

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
CELL = f"""import numpy as np, wandb_nb as wandb
y, x = np.mgrid[:120, :160]
scene = np.stack([60 + y, 90 + y // 2, 200 - y], -1).astype(np.uint8)
scene[80:] = (70, 70, 80)
scene[60:96, 30:80] = (200, 40, 40)
truth = np.zeros((120, 160), np.uint8)
truth[80:] = 1
truth[60:96, 30:80] = 2
labels = {{0: "background", 1: "road", 2: {HOSTILE!r}}}
boxes = {{"box_data": [
    {{"position": {{"minX": 30 / 160, "maxX": 80 / 160, "minY": 0.5, "maxY": 0.8}}, "class_id": 2,
      "scores": {{"iou": 0.9}}}},
    {{"position": {{"middle": [120, 30], "width": 40, "height": 30}}, "domain": "pixel", "class_id": 3,
      "box_caption": "a kite", "scores": {{"iou": 0.3}}}},
], "class_labels": {{2: "car", 3: "kite"}}}}
with wandb.init(project="p", name="street") as run:
    for step in range(3):
        masks = {{"truth": {{"mask_data": np.roll(truth, 8 * step, 1), "class_labels": labels}}}}
        image = wandb.Image(np.roll(scene, 8 * step, 1), caption="a street", masks=masks, boxes={{"found": boxes}})
        run.log({{"scene": image, "batch": [image, wandb.Image(scene), image]}})
"""
PIXEL = """(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data]"""


@pytest.fixture(params=["lab", "notebook"])
def server(request: pytest.FixtureRequest) -> str:
    """Return the name of the front end."""
    return str(request.param)


def pressed(legend: Locator, name: str) -> Locator:
    """Press a button of the legend and return it."""
    button = legend.get_by_role("button", name=name, exact=True)
    button.click()
    return button


def check_layers(page: Page, card: Locator) -> None:
    """Switch layers, classes and scores, and look at what is drawn."""
    mask, legend = card.locator("canvas.wnb-mask"), card.locator(".wnb-layers")
    mask.wait_for()
    until(lambda: mask.evaluate(PIXEL, [100, 110])[3] > 0, "the road in its colour")
    assert mask.evaluate(PIXEL, [100, 10]) == [0, 0, 0, 0], "the background is not drawn"
    picture = card.locator("img")
    expect(picture).to_have_attribute("alt", f"a street; mask truth: road, {HOSTILE}; boxes found: 1 car, 1 kite")
    expect(card.locator(".wnb-box-label")).to_have_text(["car 0.9", "a kite 0.3"])
    box, image = card.locator(".wnb-box").nth(1).bounding_box(), picture.bounding_box()
    assert box is not None
    assert image is not None
    assert box["x"] - image["x"] == pytest.approx(image["width"] * 100 / 160, abs=3)
    assert box["height"] == pytest.approx(image["height"] * 30 / 120, abs=3)
    slider = legend.get_by_label("Lowest iou of found")
    slider.fill("0.6")
    expect(card.locator(".wnb-box-label")).to_have_text(["car 0.9"])
    pressed(legend, "road")
    until(lambda: mask.evaluate(PIXEL, [100, 110]) == [0, 0, 0, 0], "a picture without the road")
    pressed(legend, "road")
    expect(pressed(legend, "Boxes found")).to_have_attribute("aria-pressed", "false")
    expect(card.locator(".wnb-box:visible")).to_have_count(0)
    pressed(legend, "Boxes found")
    slider.fill("0.3")
    page.keyboard.press("d")
    expect(page.locator(".jp-Notebook .jp-CodeCell"), "keys stay in the view").to_have_count(1)


def test_masks_and_boxes(servers: JupyterServers, lab_page: Page, server: str) -> None:
    """They are drawn at their places, the legend switches them, axe finds nothing serious, and no label runs."""
    with servers.borrow(server) as lab:
        lab_page.set_viewport_size({"width": 1280, "height": 1000})
        open_cells(lab_page, lab, "street.ipynb", CELL)
        start_cells(lab_page)
        card = lab_page.locator(".wnb-card[aria-label='Media scene']")
        card.wait_for()
        card.scroll_into_view_if_needed()
        check_layers(lab_page, card)
        batch = lab_page.locator(".wnb-card[aria-label='Media batch']")
        until(lambda: batch.locator("canvas.wnb-mask").count() == 2, "masks of the batch")
        lab_page.screenshot(path=ARTIFACTS / f"media-layers-{server}-light.png")
        assert serious(lab_page) == []
        darken(lab_page)
        assert serious(lab_page) == []
        lab_page.screenshot(path=ARTIFACTS / f"media-layers-{server}-dark.png")
        card.locator(".wnb-media-picture").click()
        dialog = lab_page.locator("dialog[open]")
        until(lambda: dialog.locator(".wnb-box").count() == 2, "boxes in the large picture")
        lab_page.screenshot(path=ARTIFACTS / f"media-layers-{server}-large.png")
        lab_page.keyboard.press("Escape")
        assert lab_page.evaluate("() => window.harmed") is None
        lab_page.goto("about:blank")  # before its kernel ends
