"""`export` and `verify`: a run's history for other programs, and whether its files are whole."""

from __future__ import annotations

import csv
import io
import math
import sys
from bisect import bisect_left
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from wandb_nb.cli.output import dumps, echo_json
from wandb_nb.errors import StoreError
from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.store.reading.tail import VerifyReport

DAMAGED = 3
LONGEST_LINE = 1000
LARGEST_WHOLE = 2.0**53

SLICE = 10_000  # rows that are in memory as dicts at a time

Row = dict[str, Any]


@click.command()
@click.argument("run")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout.")
def export(run: str, form: str, output: Path | None) -> None:
    """Write a run's history, one line a step.

    Columns are _step, _runtime (seconds), _timestamp (unix seconds), then the logged keys, nested ones joined by
    dots. What was not logged in a step is empty in CSV and absent in JSON lines; a logged NaN or infinity is the
    text NaN, Infinity or -Infinity.
    """
    from wandb_nb.store.runs.frame import load  # numpy takes long to import

    state = load(run)
    with _opened(output) as file:
        if form == "csv":
            _write_csv(state, file)
        else:
            file.writelines(dumps(row) + "\n" for row in rows(state))


def rows(state: RunState) -> Iterator[Row]:
    """Yield the rows of *state* with the keys that each one has; whole numbers are ints."""
    table = state.table
    own = _own_columns(state)
    for start in range(0, len(table), SLICE):
        part: list[Row] = [{} for _ in range(start, min(start + SLICE, len(table)))]
        for name, values in own.items():
            _fill(part, name, enumerate(values[start : start + SLICE].tolist()))
        for key in table.keys:
            for column in (table.numbers.get(key), table.others.get(key)):
                if column is not None:
                    first, end = (bisect_left(column.rows, edge) for edge in (start, start + SLICE))
                    places = (int(row) - start for row in column.rows[first:end])
                    _fill(part, key, zip(places, column.values[first:end], strict=True), logged=True)
        yield from part


def _fill(part: list[Row], key: str, cells: Iterable[tuple[int, Any]], logged: bool = False) -> None:
    """Put *cells* into their rows; a NaN is a value only where the user logged it."""
    for place, value in cells:
        if not isinstance(value, float):
            part[place][key] = value
        elif value.is_integer() and abs(value) < LARGEST_WHOLE:
            part[place][key] = int(value)
        elif logged or not math.isnan(value):
            part[place][key] = float(value)


def _own_columns(state: RunState) -> dict[str, NDArray[np.float64]]:
    """Return what every row has beside the user's keys; attempt and cell only where the run has them."""
    table = state.table
    own = {"_step": table.step, "_runtime": table.runtime, "_timestamp": table.timestamp}
    if table.attempt.any():
        own["_attempt"] = table.attempt
    if (table.cell == table.cell).any():
        own["_cell"] = table.cell
    return own


def _write_csv(state: RunState, file: TextIO) -> None:
    writer = csv.DictWriter(file, [*_own_columns(state), *state.table.keys], lineterminator="\n")
    writer.writeheader()
    for row in rows(state):
        writer.writerow({key: value if isinstance(value, int) else _text(value) for key, value in row.items()})


def _text(value: Any) -> str:
    """Return *value* as the text of one cell: numbers as Python reads them, what is nested as JSON."""
    return value if isinstance(value, str) else dumps(value).strip('"')


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIO]:
    """Open *path* for writing, or give stdout; what a terminal would obey is taken out there."""
    if path is None:
        yield _stdout()
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror or error}. Choose another file with -o."
        ) from error


def _stdout() -> TextIO:
    if sys.stdout.isatty():
        return _Terminal()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # for programs: the same bytes everywhere
    return sys.stdout


class _Terminal(io.StringIO):
    """Takes lines for a terminal, and keeps control characters from it."""

    def write(self, line: str) -> int:
        click.echo(clean(line.rstrip("\n"), len(line)))
        return len(line)


@click.command()
@click.argument("run")
@click.option("--fold", is_flag=True, help="First move the rows of segments into the run file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(run: str, fold: bool, as_json: bool) -> None:
    """Read a run's files from end to end: records, segments, damage. Exits with 3 where something is damaged."""
    from wandb_nb.store.reading.tail import verify as check
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.store.runs.repair import fold_after_crash

    path = find_run(run)
    folded = fold_after_crash(path) if fold else 0
    report = check(path)
    if as_json:
        echo_json({**report.as_dict(), "folded": folded})
    else:
        click.echo("\n".join(clean(line, LONGEST_LINE) for line in _told(report, folded)))
    if not report.ok:
        sys.exit(DAMAGED)


def _told(report: VerifyReport, folded: int) -> Iterator[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.records.most_common())
    yield f"{report.run_file}: {report.rows} rows, {sum(report.records.values())} records ({kinds})"
    if folded:
        yield f"{folded} records of segments folded into the run file"
    for segment in report.segments:
        yield f"segment not folded in yet: {segment}"
    for file, damage in report.damage:
        yield f"damage: {file}, bytes {damage.start} to {damage.end}: {damage.reason}"
    if report.ok:
        yield "whole: every record can be read"
    else:
        yield f"damaged: {report.lost} bytes lost, {report.unreadable} records unreadable"
