"""What the commands print: aligned tables, and JSON that every parser takes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from wandb_nb.view.run_text import clean, encodable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MINUTE, HOUR, DAY = 60, 3600, 86400


def ascii_only() -> bool:
    """Whether stdout cannot write sparklines and arrows."""
    return not encodable(sys.stdout.encoding)


def dumps(value: Any, indent: int | None = None) -> str:
    """Return *value* as standard ASCII JSON: floats it lacks are texts, and no control character reaches a terminal."""
    from wandb_nb.view.message import plain  # needs numpy, which `ls` in text does not

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
    leaves = [(clean(name), clean(dumps(value), 200)) for name, value in _leaves(values, "")]
    wide = max((len(name) for name, _ in leaves), default=0)
    return [f"{name:<{wide}}  {value}" for name, value in leaves]


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value and "_type" not in value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def age(seconds: float) -> str:
    """Return *seconds* in its largest unit, like "3 min"."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"
