"""Lineage of artifacts: as data, as text and as a picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import wandb_nb as wandb
from wandb_nb.artifacts.lineage.artifact_summary import summary_html, summary_lines
from wandb_nb.artifacts.lineage.lineage_graph import MAX_NODES, lineage_graph
from wandb_nb.artifacts.lineage.lineage_picture import lineage_svg
from wandb_nb.artifacts.lineage.lineage_text import lineage_lines
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.store.lineage_files import USED
from wandb_nb.artifacts.store.stored_version import LineageRun
from wandb_nb.artifacts.version_name import parse_version_name

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., wandb.Run]


def parsed(text: str) -> ET.Element:
    """Return the top element of *text*, which must be well-formed."""
    return ET.fromstring(text)  # noqa: S314 -- our own picture


def step(start: Start, run_name: str, inputs: list[str], output: str = "", kind: str = "dataset") -> None:
    """Track a run that uses *inputs* and logs *output*."""
    with start(project="p", name=run_name, id=run_name.split(maxsplit=1)[0]) as run:
        for name in inputs:
            run.use_artifact(name)
        if output:
            artifact = wandb.Artifact(output, kind)
            with artifact.new_file("a.txt") as file:
                file.write(output)
            run.log_artifact(artifact)


def chain(start: Start) -> None:
    """Track raw -> clean -> model -> evaluation."""
    step(start, "import", [], "raw")
    step(start, "prepare", ["raw:v0"], "clean")
    step(start, "train", ["clean:latest"], "model", "model")
    step(start, "evaluate", ["model:latest", "clean:latest"])


def test_the_graph_around_a_version(start: Start) -> None:
    """From the version in the middle: the runs before and after it, their artifacts, and each pair once."""
    chain(start)
    source = LocalVersions()
    graph = lineage_graph(source.find(parse_version_name("p/clean:v0")), source)
    assert {path: node.rank for path, node in graph.nodes.items()} == {
        "p/clean:v0": 0,
        "p/prepare": -1,
        "p/raw:v0": -2,
        "p/import": -3,
        "p/train": 1,
        "p/evaluate": 1,
        "p/model:v0": 2,
    }
    assert sorted(graph.edges) == [
        ("p/clean:v0", "p/evaluate"),
        ("p/clean:v0", "p/train"),
        ("p/import", "p/raw:v0"),
        ("p/model:v0", "p/evaluate"),
        ("p/prepare", "p/clean:v0"),
        ("p/raw:v0", "p/prepare"),
        ("p/train", "p/model:v0"),
    ]
    assert lineage_lines(graph) == [
        "p/clean:v0 (dataset)",
        "  made by run prepare (p/prepare)",
        "    which used p/raw:v0 (dataset)",
        "      made by run import (p/import)",
        "  used by run train (p/train)",
        "    which logged p/model:v0 (model)",
        "      used by run evaluate (p/evaluate)",
        "  used by run evaluate (p/evaluate)",
    ]


def test_edges_point_to_the_right(start: Start) -> None:
    """In the picture, each run is right of all that it used, and left of what it logged."""
    chain(start)
    source = LocalVersions()
    picture = parsed(lineage_svg(lineage_graph(source.find(parse_version_name("p/clean:v0")), source)))
    left = {str(text.text): float(text.attrib["x"]) for text in picture.iter("text")}
    order = ["import", "raw:v0", "prepare", "clean:v0", "train", "model:v0", "evaluate"]
    assert [left[name] for name in order] == sorted({left[name] for name in order})


def test_an_edge_passes_below_the_nodes_between(start: Start) -> None:
    """An edge over several columns crosses no node: the one use of a version by a later run runs below the others."""
    chain(start)
    source = LocalVersions()
    picture = parsed(lineage_svg(lineage_graph(source.find(parse_version_name("p/clean:v0")), source)))
    bottom = max(float(box.attrib["y"]) + float(box.attrib["height"]) for box in picture.iter("rect"))
    lanes = [lane for path in picture.iter("path") for lane in re.findall(r"([\d.]+)H", path.attrib["d"])]
    assert len(lanes) == 1
    assert bottom < float(lanes[0]) < float(picture.attrib["height"])


def test_names_in_pictures_are_escaped(start: Start) -> None:
    """Hostile names end up as text: the picture is well-formed, has no other element, and an alternative text."""
    step(start, "x <script>alert(1)</script> \" ' & \u202e", [], "data", "<b>type</b>")
    source = LocalVersions()
    version = source.find(parse_version_name("p/data:v0"))
    svg = lineage_svg(lineage_graph(version, source))
    top = parsed(svg)
    assert {element.tag for element in top.iter()} == {"svg", "g", "path", "rect", "text", "title"}
    assert "made by run x <script>" in top.attrib["aria-label"]
    assert top.attrib["stroke"] == "currentColor"
    page = parsed(summary_html(version, source))
    assert {element.tag for element in page.iter()} == {"div", *(element.tag for element in top.iter())}
    assert not any("\u202e" in line for line in summary_lines(version, source))


def test_a_large_graph_is_cut(start: Start) -> None:
    """A version that many runs used has a bounded graph that says so."""
    step(start, "make", [], "data")
    source = LocalVersions()
    version = source.find(parse_version_name("p/data:v0"))
    for number in range(MAX_NODES + 5):
        source.store.lineage.add(LineageRun(f"r{number}", "p"), version, USED)
    graph = lineage_graph(version, source)
    assert len(graph.nodes) == MAX_NODES
    assert lineage_lines(graph)[-1] == "(more is left out)"
    assert parsed(lineage_svg(graph)).tag == "svg"
