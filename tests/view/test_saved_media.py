"""Media in a saved notebook: small copies in all forms of an output, of bounded size, chosen by a setting."""

from __future__ import annotations

import base64
import io
import json
from hashlib import md5
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hostile_media import TEXTS, hostile_media, write_files
from PIL import Image
from test_pictures import HOSTILE, Page, pixels
from view_runs import RunFile

from wandb_nb.view.message.header_fields import MIME
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.previews.saved_media import SavedMedia
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from pathlib import Path

MAX_MEDIA = 700_000
RED = (200, 30, 30)
FORBIDDEN = {"script", "iframe", "a", "b", "style", "link", "base", "meta", "object", "embed", "form", "use", "image"}


class MediaRun(RunFile):
    """A run directory whose rows name files that exist."""

    def picture(self, name: str, array: Any) -> dict[str, Any]:
        """Store a picture, and return its JSON."""
        return self.media("image", f"images/{name}.png", _png(array))

    def media(self, kind: str, name: str, content: bytes, **more: Any) -> dict[str, Any]:
        """Store a media file, and return its JSON."""
        path = self.directory / "files" / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return {"_type": f"{kind}-file", "path": f"media/{name}", "size": len(content), **more}


def _png(array: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def bundles(run: RunFile, choice: str = "steps") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the bundle of *run* with the media that the setting asks for, and without any."""
    stream = RunStream(run.directory, lambda _directory: True)
    while stream.advance():
        pass
    return bundle(stream, None, media=SavedMedia.of(stream.open_media, choice)), bundle(stream, None)


@pytest.fixture
def run(tmp_path: Path) -> MediaRun:
    """Return a run with a red picture, a table, a page and a captioned list at each of ten steps."""
    run = MediaRun(tmp_path / "run")
    red = np.full((60, 80, 3), RED, np.uint8)
    table = json.dumps({"columns": ["word", "n"], "data": [[f"word {n}", n] for n in range(30)]}).encode()
    for step in range(10):
        red[:step] = 255
        run.log(
            {
                "loss": 1 / (step + 1),
                "red": run.picture(f"red{step}", red),
                "list": {
                    "_type": "images/separated",
                    "filenames": [run.picture(f"l{step}{n}", red[n:])["path"] for n in range(3)],
                    "captions": [f"picture {n} of step {step}" for n in range(3)],
                },
                "words": run.media("table", f"table/t{step}.table.json", table),
                "page": run.media("html", f"html/p{step}.html", b"<h1>Hello</h1> page"),
                "cloud": run.media("object3D", f"object3D/c{step}.pts.json", b"[]"),
            },
            step,
        )
    return run


def test_all_forms_show_the_newest_media(run: MediaRun) -> None:
    """The PNG has the picture, the HTML its caption, the table's rows and the page's text; the text names all."""
    parts, plain = bundles(run)
    picture = pixels(base64.b64decode(parts["image/png"]))
    page = Page(parts["text/html"])
    texts = " ".join(page.texts)

    assert (np.abs(picture - RED).sum(axis=2) < 40).sum() > 4 * 60 * 80
    assert picture.shape[0] > pixels(base64.b64decode(plain["image/png"])).shape[0]
    assert {"red", "list", "words", "cloud"} <= set(page.texts)
    for words in ("step 9", "picture 2 of step 9", "word 7", "30 rows, 2 columns", "Hello page", "3D object"):
        assert words in texts
    alternatives = [value for name, value in page.attributes if name == "alt"]
    assert alternatives[-4:] == ["picture red", *(f"picture {n} of step 9" for n in range(3))]
    assert "list  3 pictures at step 9" in parts["text/plain"].splitlines()
    assert len(json.dumps(parts)) - len(json.dumps(plain)) < MAX_MEDIA


def test_a_snapshot_has_copies_of_a_few_steps(run: MediaRun) -> None:
    """A view finds small copies under the paths of the newest step and a few before; the setting chooses how many."""
    saved = {choice: bundles(run, choice)[0][MIME] for choice in ("steps", "newest")}
    rows = {choice: [row["step"] for row in one["media"][0]["rows"]] for choice, one in saved.items()}
    copies = {one["path"]: one for one in saved["steps"]["previews"]}

    assert rows == {"steps": [0, 3, 6, 9], "newest": [9]}
    for series in saved["steps"]["media"]:
        for row in series["rows"]:
            assert all(file["path"] in copies for file in row["files"] if file["kind"] != "object3D")
    small = Image.open(io.BytesIO(base64.b64decode(copies["media/images/red9.png"]["data"])))
    assert small.size == (80, 60)
    table = json.loads(base64.b64decode(copies["media/table/t9.table.json"]["data"]))
    assert table["columns"] == ["word", "n"]
    assert len(table["data"]) == 30


def test_off_saves_names_only(run: MediaRun) -> None:
    """With the setting `off` an output is as without media: names, no contents."""
    parts, plain = bundles(run, "off")
    assert parts == plain
    assert "previews" not in parts[MIME]
    assert "red  1 picture at step 9" in parts["text/plain"].splitlines()


def test_many_large_pictures_fit(tmp_path: Path) -> None:
    """Thirty metrics with sixty pictures of noise each add at most 700 kB, and the first ones are shown."""
    run = MediaRun(tmp_path / "run")
    rng = np.random.default_rng(0)
    noise = [run.picture(f"n{n}", rng.integers(0, 255, (200, 200, 3), dtype=np.uint8))["path"] for n in range(60)]
    captions = ["<b>" * 100] * 60
    for step in range(3):
        batch = {"_type": "images/separated", "filenames": noise, "captions": captions}
        run.log({"loss": 1.0, **{f"metric {n}": batch for n in range(30)}}, step)
    parts, plain = bundles(run)

    assert len(json.dumps(parts)) - len(json.dumps(plain)) <= MAX_MEDIA
    assert len(json.dumps(parts)) <= 210_000 + MAX_MEDIA
    assert parts[MIME]["previews"]
    assert parts["text/html"].count("<img") > 5


def test_hostile_texts_are_harmless(tmp_path: Path) -> None:
    """Keys, captions, cells, column names and pages of a hostile run are texts everywhere."""
    run = MediaRun(tmp_path / "run")
    table = json.dumps({"columns": [HOSTILE, "b"], "data": [[HOSTILE, {HOSTILE: HOSTILE}]]}).encode()
    picture = {**run.picture("a", np.zeros((9, 9), np.uint8)), "caption": HOSTILE}
    page = run.media("html", "html/p.html", HOSTILE.encode() + b"<img src=x onerror=y>")
    run.log({HOSTILE: picture, "t": run.media("table", "table/t.table.json", table)}, 0)
    run.log({"p": page, "k": {**picture, "_type": f"{HOSTILE}-file"}}, 1)
    parts, _ = bundles(run)
    shown = Page(parts["text/html"])

    assert set(shown.tags).isdisjoint({"script", "iframe", "a", "style", "link"})
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert all(str(value).startswith("data:image/") for name, value in shown.attributes if name == "src")
    assert "\x1b" not in parts["text/html"] + parts["text/plain"]
    pixels(base64.b64decode(parts["image/png"]))


def test_hostile_media_are_harmless(tmp_path: Path) -> None:
    """Of media that are hostile in all places a saved output has texts and pictures of its own, and no address."""
    media = hostile_media("http://elsewhere.example")
    run = MediaRun(tmp_path / "run", config={"_wandb": media.config})
    write_files(media, run.directory)
    run.log(media.row, 0)
    parts, _ = bundles(run)
    shown = Page(parts["text/html"])

    assert set(shown.tags).isdisjoint(FORBIDDEN)
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert all(str(value).startswith("data:image/") for name, value in shown.attributes if name in {"src", "href"})
    assert not [value for name, value in shown.attributes if name == "style" and "url" in str(value)]
    assert {*TEXTS[:3], "captions"} <= {text.strip() for text in shown.texts}
    assert {one["type"] for one in parts[MIME]["previews"]} <= {"image/png", "application/json", "text/html"}, (
        "as views take"
    )
    pixels(base64.b64decode(parts["image/png"]))
    assert "captions  " in parts["text/plain"]


def test_a_deleted_file_is_named(run: MediaRun) -> None:
    """Without its file a picture is still named, and the others are shown."""
    for path in (run.directory / "files" / "media" / "images").glob("red*"):
        path.unlink()
    parts, _ = bundles(run)
    assert "red  1 picture at step 9" in parts["text/plain"].splitlines()
    assert parts["text/html"].count("<img") == 1 + 3, "that of the charts, and the list"
    (series, *_) = parts[MIME]["media"]
    assert [row["step"] for row in series["rows"]] == [9]


def test_tables_show_the_pictures_of_their_cells(tmp_path: Path) -> None:
    """A table of pictures has them in its first rows, in HTML, PNG and for the view; a broken one stays a word."""
    run = MediaRun(tmp_path / "run")
    client_id, red = "abc123", np.full((20, 20, 3), RED, np.uint8)
    cell = {"_type": "image-file", "path": "media/images/red.png"}
    broken = {"_type": "image-file", "path": "media/images/broken.png"}
    full = json.dumps({"columns": ["n", "picture"], "data": [[1, cell], [2, broken], [3, cell]]}).encode()
    contents = {"t.table.json": full, "media/images/red.png": _png(red), "media/images/broken.png": b"\x89PNG"}
    artifacts = run.directory / "artifacts"
    (artifacts / "objects").mkdir(parents=True)
    (artifacts / "manifests").mkdir()
    entries = {}
    for name, data in contents.items():
        digest = md5(data, usedforsecurity=False)
        (artifacts / "objects" / digest.hexdigest()).write_bytes(data)
        entries[name] = {"digest": base64.b64encode(digest.digest()).decode(), "size": len(data)}
    (artifacts / "manifests" / f"{client_id}.json").write_text(json.dumps({"version": 1, "contents": entries}))
    words = json.dumps({"columns": ["n", "picture"], "data": [[n, "Image"] for n in (1, 2, 3)]}).encode()
    address = f"wandb-client-artifact://{client_id}/t.table.json"
    run.log({"t": run.media("table", "table/t.table.json", words, artifact_path=address)}, 0)
    parts, _ = bundles(run)
    copies = {one["path"] for one in parts[MIME]["previews"]}

    assert parts["text/html"].count("<td") == 6 + 1, "six cells, and one of the latest values"
    assert parts["text/html"].count('alt="picture"') == 2
    assert "Image</td>" in parts["text/html"]
    assert (np.abs(pixels(base64.b64decode(parts["image/png"])) - RED).sum(axis=2) < 40).sum() > 2 * 20 * 20
    assert {f"artifacts/{client_id}/t.table.json", f"artifacts/{client_id}/media/images/red.png"} <= copies
