"""Pictures of a run: scene, SVG and PNG."""

import io
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor
from test_message import RUN, header

from wandb_nb.view import run_styles
from wandb_nb.view.message.run_message import Series, pack
from wandb_nb.view.objects.heatmaps import Heatmap
from wandb_nb.view.picture import axes, png, primitives, scene, svg

HOSTILE = """<script>alert("x")</script>'&amp;\n\x1b[31m http://x"""
GROUNDS = ("#ffffff", "#111111", "#1e1e1e")


def series(key, value, attempts=None, step=None):
    """Return a series of *value*, at steps 0, 1, 2 and so on by default."""
    steps = np.arange(len(value), dtype=float) if step is None else np.array(step, float)
    return Series(key, steps, steps, np.array(value, float), attempts=attempts or [[0, 0]], n=len(value))


def message(*all_series, metrics=(), **facts):
    """Return a message of *all_series*."""
    return pack(header(run={**RUN, **facts}, metrics=list(metrics)), all_series)


class Page(HTMLParser):
    """Collects the tags, attributes and texts of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Store tag and attributes."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        """Store the text."""
        self.texts.append(data)


def pixels(data):
    """Return a PNG as an array of RGB values."""
    return np.array(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def near(image, colour, distance=60):
    """Return where the image has roughly *colour*."""
    return np.abs(image - np.array(ImageColor.getrgb(colour))).sum(axis=2) < distance


def luminance(colour):
    """Return the relative luminance of WCAG."""
    parts = [part / 255 for part in ImageColor.getrgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colour", [*run_styles.COLOURS, *scene.STATES.values()])
def test_colours_stand_out(colour, ground):
    """Lines and dots have the contrast that WCAG AA requires of graphics, on white and on Jupyter's dark theme."""
    light, dark = sorted([luminance(colour), luminance(ground)], reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 3


def test_lines_differ_without_colour():
    """There are as many distinct dash patterns as colours, and a legend for charts of several lines."""
    assert len(set(run_styles.DASHES)) == len(run_styles.COLOURS) == len(set(run_styles.COLOURS))
    picture = scene.build(message(series("train/loss", [2, 1]), series("val/loss", [2, 1.5])))
    texts = [mark.text for mark in picture.panels[0].marks if isinstance(mark, primitives.Text)]

    assert {"loss", "train", "val", "1 train", "1.5 val"} <= set(texts)


def test_ink_is_where_the_data_is():
    """A line from bottom left to top right has its colour there, and not in the other corners."""
    picture = scene.build(message(series("rise", np.arange(500.0))))
    image = pixels(png.render(picture))
    drawn = near(image, run_styles.COLOURS[0])
    panel = picture.panels[0]
    left, top = int((panel.x + 40) * 2), int((panel.y + 24) * 2)
    right, bottom = int((panel.x + panel.width - 46) * 2), int((panel.y + panel.height - 20) * 2)
    width, height = (right - left) // 4, (bottom - top) // 4

    assert drawn[bottom - height : bottom, left : left + width].any()
    assert drawn[top : top + height, right - width : right].any()
    assert not drawn[top : top + height, left : left + width].any()
    assert not drawn[bottom - height : bottom, right - width : right].any()


def test_ground_is_white_and_rules_are_seen():
    """The background is pure white in the file, with grey rules on it."""
    image = pixels(png.render(scene.build(message(series("rise", np.arange(500.0))))))

    assert np.all(image[:, :10] == 255)
    assert (np.ptp(image, axis=2) < 12).sum() > near(image, "#ffffff", 12).sum() + 500


def test_gap_has_no_ink():
    """Nothing is drawn in a gap of NaN."""
    values = np.zeros(300)
    values[100:200] = np.nan
    image = pixels(png.render(scene.build(message(series("gap", values)))))
    row = near(image, run_styles.COLOURS[0])[200:].any(axis=0)
    inked = np.flatnonzero(row)

    assert np.diff(inked).max() > 200


def test_single_point_is_seen():
    """A single number is drawn as a dot, with its step below."""
    picture = scene.build(message(series("one", [0.5], step=[7])))

    assert near(pixels(png.render(picture)), run_styles.COLOURS[0]).sum() > 50
    assert "7" in [mark.text for mark in picture.panels[0].marks if isinstance(mark, primitives.Text)]


def test_earlier_attempts_are_faint():
    """The newest attempt is drawn strong and last, the one before it faint."""
    picture = scene.build(message(series("loss", [3, 2, 1, 2, 1, 0], [[1, 0], [2, 3]], [0, 1, 2, 0, 1, 2])))

    lines = [mark for mark in picture.panels[0].marks if isinstance(mark, primitives.Polyline)]
    assert [line.opacity < 1 for line in lines] == [True, False]


def test_many_metrics_are_counted():
    """Twelve charts are drawn, and a line of text counts the other metrics."""
    picture = scene.build(message(*(series(f"m{i}", [0, 1]) for i in range(40))))

    assert len(picture.panels) == 12
    assert "+28 more metrics" in [mark.text for mark in picture.marks if isinstance(mark, primitives.Text)]


def test_empty_runs_have_a_message():
    """A run without numbers has a picture that says so."""
    empty = message()

    assert "No numbers logged yet" in svg.render(scene.build(empty))
    assert pixels(png.fitting(lambda points: scene.build(empty, points), 60_000)).shape[2] == 3


def test_runs_of_media_alone_name_these():
    """The picture of a run that logged media only names their keys and does not claim that nothing was logged."""
    only_media = message()
    only_media.header["media"] = [{"key": "samples", "n": 1, "rows": []}]
    picture = scene.build(only_media)

    assert "Media only: samples" in svg.render(picture)
    assert "No numbers" not in svg.render(picture) + picture.description


def test_description_tells_the_trend():
    """The text alternative of the picture has run, state and trends."""
    page = Page(svg.render(scene.build(message(series("loss", [1.0, 0.04, 0.0625])))))

    assert ("role", "img") in page.attributes
    assert "loss 1 → 0.0625, lowest 0.04 at step 1" in page.texts
    assert "snowy-owl-10 · running · digits · step 2 · 1:02" in page.texts


def test_hostile_names_stay_text():
    """Markup, quotes, newlines and escape sequences in any name become text, without outside links."""
    names = [f"{HOSTILE}/{HOSTILE}", f"{HOSTILE}{HOSTILE}", '"onload="alert(1)']
    run_message = message(*(series(name, [1, 2]) for name in names), name=HOSTILE, project=HOSTILE, id=HOSTILE)
    markup = svg.render(scene.build(run_message))
    page = Page(markup)

    assert set(page.tags) <= {"svg", "title", "desc", "g", "text", "line", "polyline", "circle"}
    assert not [
        name for name, _ in page.attributes if name.startswith("on") or name in ("href", "xmlns", "id", "class")
    ]
    assert "\x1b" not in markup
    assert len(png.fitting(lambda points: scene.build(run_message, points), 60_000)) > 0


wild = st.floats() | st.sampled_from([1e308, -1e308, 5e-324, 1e300, 0.0, 1e9])


@given(st.lists(wild, max_size=40), st.lists(wild, min_size=40, max_size=40), st.text(max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_numbers_break_a_picture(values, across, name):
    """For any values, steps and names both pictures are drawn, with every coordinate on the page."""
    run_message = message(series(name, values, step=across[: len(values)]))
    picture = scene.build(run_message)
    markup = svg.render(picture)

    assert not re.search(r'="[^"]*\b(nan|inf)\b', markup.split("</desc>")[1])
    for panel in picture.panels:
        for line in (mark for mark in panel.marks if isinstance(mark, primitives.Polyline)):
            assert np.all((line.points >= -1) & (line.points <= 2000))
    assert png.render(picture).startswith(b"\x89PNG")


@given(st.floats(-1e12, 1e12), st.floats(1e-6, 1e12), st.integers(2, 8))
def test_ticks_are_few_round_and_inside(low, width, about):
    """Ticks are in the range, not too many, and have different labels."""
    width = max(width, abs(low) * 1e-8)  # a scale is never narrower than this
    ticks = axes.ticks(low, low + width, about)

    assert len(ticks) <= about + 1
    assert len({label for _, label in ticks}) == len({value for value, _ in ticks})
    assert all(low - width * 1e-6 <= value <= low + width * 1.000001 for value, _ in ticks)


def test_labels_read_well():
    """Labels have equal precision, and thousands are short."""
    assert [label for _, label in axes.ticks(0, 1, 4)] == ["0", "0.5", "1.0"]
    assert [label for _, label in axes.ticks(0, 99_999, 4)] == ["0", "50k"]
    assert [axes.short(value) for value in (0.0412, 97.25, 12_345, 4.1e-5, 2.5e6, 0)] == [
        "0.0412", "97.2", "12.3k", "4.1e-05", "2.5M", "0",
    ]  # fmt: skip


@given(st.lists(st.floats(0, 100), max_size=8).map(sorted))
def test_end_labels_do_not_touch(heights):
    """Labels moved apart stay in order, at a distance and in bounds."""
    moved = axes.spread(heights, 10, 0, 100)

    assert all(later - earlier >= 10 - 1e-9 for earlier, later in pairwise(moved))
    assert all(height <= 100 for height in moved)


def test_noise_fits_the_room_of_a_picture():
    """Twelve charts of noise, which does not compress, still make a file of at most 60 kB."""
    noise = np.random.default_rng(0)
    run_message = message(*(series(f"m{i}", noise.standard_normal(4_000)) for i in range(12)))

    assert len(png.fitting(lambda points: scene.build(run_message, points), 60_000)) <= 60_000


def test_heat_maps_and_texts_are_drawn():
    """A heat map is dark where most values are, texts are listed with their steps, and both count as charts."""
    cells = np.zeros((10, 8))
    cells[:, 6] = 9
    cells[:, 5] = 1
    heatmap = Heatmap("w", "histogram", 10, np.arange(10.0), np.arange(10.0), np.arange(9.0), cells)
    texts = [{"key": "note", "n": 3, "rows": [{"step": 7.0, "time": 1.0, "text": HOSTILE, "cut": False}]}]
    drawn = scene.build(pack({**message().header, "texts": texts}, [series("loss", [3, 2, 1])], [heatmap]))
    image = pixels(png.render(drawn))
    dark = np.argwhere(near(image, run_styles.COLOURS[0]))
    panel = drawn.panels[1]
    inside = dark[(dark[:, 1] > 2 * panel.x + 80) & (dark[:, 1] < 2 * (panel.x + panel.width) - 100)]
    page = Page(svg.render(drawn))

    assert len(drawn.panels) == 3
    assert "w: 10 histograms, step 0 to 9" in drawn.description
    assert len(inside) > 500
    assert (inside[:, 0] / 2 - panel.y).max() < panel.height / 2
    assert "script" not in page.tags
    assert any('<script>alert("x")' in text for text in page.texts)


def test_values_of_any_size_make_a_heat_map():
    """Neither huge nor missing values of a list break a picture."""
    cells = np.array([[1e308, -1e308, np.nan], [0, np.inf, 5]])
    heatmap = Heatmap("w", "list", 2, np.array([3.0, 3.0]), np.zeros(2), np.arange(-0.5, 3), cells)
    single = Heatmap("one", "list", 1, np.array([1e15]), np.zeros(1), np.array([-0.5, 0.5]), np.array([[2.0]]))
    drawn = scene.build(pack(message().header, [], [heatmap, single]))

    assert len(png.render(drawn)) > 1_000
    assert "nan" not in svg.render(drawn)
