"""Output of the commands: aligned tables, and JSON that every parser accepts."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from wandb_nb.formatting import align, clean
from wandb_nb.values import dotted
from wandb_nb.view.run_text import encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_LINE = 1_000


def ascii_only() -> bool:
    """Return whether stdout cannot encode sparklines and arrows."""
    return not encodable(sys.stdout.encoding)


def dumps(value: Any, indent: int | None = None) -> str:
    """Return *value* as standard ASCII JSON: NaN and infinities are strings, and no control character is in it."""
    from wandb_nb.view.message.run_message import plain  # loads numpy, which `ls` without --json does not need

    return json.dumps(plain(value), indent=indent, allow_nan=False)


def echo_json(value: Any) -> None:
    """Print *value* as indented JSON."""
    click.echo(dumps(value, indent=2))


def echo_line(text: str, *, err: bool = False) -> None:
    """Print *text* as one bounded line that is safe in a terminal."""
    click.echo(clean(text, MAX_LINE), err=err)


def echo_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print *rows* under *heads* in aligned columns, each cell on one line and safe in a terminal."""
    click.echo("\n".join(align([heads, *rows])))


def tree(values: Mapping[str, Any]) -> list[str]:
    """Return nested *values* as aligned lines "dotted.name  JSON value", each safe in a terminal."""
    leaves = [(clean(name), clean(dumps(value), 200)) for name, value in dotted(values)]
    wide = max((len(name) for name, _ in leaves), default=0)
    return [f"{name:<{wide}}  {value}" for name, value in leaves]
