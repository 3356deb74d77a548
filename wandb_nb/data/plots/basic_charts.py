"""Line, scatter, bar and histogram charts of a table, and several lines from lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.plots.custom_chart import CustomChart, plot_table
from wandb_nb.data.tables.table import Table
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterable


def line(  # noqa: PLR0917 -- the documented signature
    table: Table, x: str, y: str, stroke: str | None = None, title: str = "", split_table: bool = False
) -> CustomChart:
    """Return a line of column *y* over *x*, one for each value of column *stroke*.

    Raises:
        MediaError: *table* is not a `Table`.

    """
    return plot_table("wandb/line/v0", table, {"x": x, "y": y, "stroke": stroke}, {"title": title}, split_table)


def scatter(table: Table, x: str, y: str, title: str = "", split_table: bool = False) -> CustomChart:
    """Return points of column *y* over *x*.

    Raises:
        MediaError: *table* is not a `Table`.

    """
    return plot_table("wandb/scatter/v0", table, {"x": x, "y": y}, {"title": title}, split_table)


def bar(table: Table, label: str, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """Return a bar of column *value* for each *label*.

    Raises:
        MediaError: *table* is not a `Table`.

    """
    return plot_table("wandb/bar/v0", table, {"label": label, "value": value}, {"title": title}, split_table)


def histogram(table: Table, value: str, title: str = "", split_table: bool = False) -> CustomChart:
    """Return the distribution of column *value*.

    Raises:
        MediaError: *table* is not a `Table`.

    """
    return plot_table("wandb/histogram/v0", table, {"value": value}, {"title": title}, split_table)


def line_series(  # noqa: PLR0917 -- the documented signature
    xs: Iterable[Any],
    ys: Iterable[Iterable[Any]],
    keys: Iterable[str] | None = None,
    title: str = "",
    xname: str = "x",
    split_table: bool = False,
) -> CustomChart:
    """Return several lines: *ys* over *xs*, one list for all or one for each, called *keys* or `line_0` and so on.

    Raises:
        MediaError: The numbers of lists or keys differ.

    """
    lines, positions = [list(y) for y in ys], list(xs)
    names = [f"line_{number}" for number in range(len(lines))] if keys is None else list(keys)
    if not positions or (not isinstance(positions[0], (list, tuple)) and not getattr(positions[0], "shape", ())):
        positions = [positions] * len(lines)
    if len(names) != len(lines):
        raise MediaError(f"line_series() has {len(lines)} lines and {len(names)} keys: give one key for each line")
    if len(positions) != len(lines):
        raise MediaError(f"line_series() has {len(lines)} lines and {len(positions)} lists of x: give one for each")
    rows = [
        [x, name, y]
        for name, x_values, y_values in zip(names, positions, lines, strict=True)
        for x, y in zip(x_values, y_values, strict=False)  # the shorter one counts, as in the original
    ]
    fields = {name: name for name in ("step", "lineKey", "lineVal")}
    table = Table(columns=list(fields), data=rows)
    return plot_table("wandb/lineseries/v0", table, fields, {"title": title, "xname": xname}, split_table)
