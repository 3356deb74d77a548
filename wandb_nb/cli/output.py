"""What the commands print: aligned tables, and JSON that every parser takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from wandb_nb.formatting import clean
from wandb_nb.values import dotted
from wandb_nb.view.run_text import encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def ascii_only() -> bool:
    """Whether stdout cannot write sparklines and arrows."""
    return not encodable(sys.stdout.encoding)


def dumps(value: Any, indent: int | None = None) -> str:
    """Return *value* as standard ASCII JSON: floats it lacks are texts, and no control character reaches a terminal."""
    from wandb_nb.view.message.run_message import plain  # needs numpy, which `ls` in text does not

    return json.dumps(plain(value), indent=indent, allow_nan=False)


def echo_json(value: Any) -> None:
    """Print *value* as indented JSON."""
    click.echo(dumps(value, indent=2))


def echo_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print *rows* under *heads* in aligned columns, each cell on one line and safe in a terminal."""
    cells = [list(heads), *([clean(cell, 40) for cell in row] for row in rows)]
    wide = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, wide, strict=True)).rstrip())


def tree(values: Mapping[str, Any]) -> list[str]:
    """Return nested *values* as aligned lines "dotted.name  JSON value", each safe in a terminal."""
    leaves = [(clean(name), clean(dumps(value), 200)) for name, value in dotted(values)]
    wide = max((len(name) for name, _ in leaves), default=0)
    return [f"{name:<{wide}}  {value}" for name, value in leaves]
