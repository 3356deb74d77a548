"""`export` and `verify`: a run's history for other programs, and a check of its files."""

from __future__ import annotations

import csv
import io
import math
import shutil
import sys
from bisect import bisect_left
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from wandb_nb.atomic_file import replacement
from wandb_nb.cli.output import dumps, echo_json, echo_line
from wandb_nb.cli.shell_completion import complete_run
from wandb_nb.errors import StoreError
from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.store.reading.tail import VerifyReport
    from wandb_nb.view.message.run_stream import RunStream

DAMAGED = 3
MAX_EXACT_INT = 2.0**53

COPY_BYTES = 1 << 20
BATCH_ROWS = 10_000  # rows in memory as dicts at a time

Row = dict[str, Any]


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of stdout."
)
@click.option(
    "--media",
    "media_folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also copy the media files that rows name into this folder, under the paths that rows have.",
)
def export(run: str, form: str, output: Path | None, media_folder: Path | None) -> None:
    """Write a run's history, one line per step.

    The columns are _step, _runtime (seconds), _timestamp (Unix seconds), then the logged keys; nested keys are joined
    by dots. Values not logged in a step are empty in CSV and absent in JSON lines; a logged NaN or infinity is the
    text NaN, Infinity or -Infinity.
    """
    from wandb_nb.store.runs.frame import load  # numpy takes long to import

    state = load(run)
    with _open_output(output) as file:
        if form == "csv":
            _write_csv(state, file)
        else:
            file.writelines(dumps(row) + "\n" for row in rows(state))
    if media_folder is not None:
        _export_media(run, media_folder)


def _export_media(run: str, folder: Path) -> None:
    """Copy the media of a run to *folder*, and report how many there are and which are missing."""
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.view.message.run_stream import RunStream

    stream = RunStream(find_run(run))
    while stream.advance():
        pass
    paths = [path for path in stream.media_paths if path.startswith("media/")]
    missing = [path for path in paths if not _copy_media(stream, path, folder / path)]
    echo_line(f"{len(paths) - len(missing)} media files copied to {folder}", err=True)
    if missing:
        echo_line(f"{len(missing)} are not in the run's directory, such as {missing[0]}", err=True)


def _copy_media(stream: RunStream, path: str, target: Path) -> bool:
    """Copy one file, which other users may read as the rest of the folder; return whether the run has it."""
    content = stream.open_media(path)
    if content is None:
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, replacement(target) as unfinished, unfinished.open("wb") as copy:
            shutil.copyfileobj(content, copy, COPY_BYTES)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror or error}; choose another folder") from error
    return True


def rows(state: RunState) -> Iterator[Row]:
    """Yield the rows of *state*, each with the keys that it has; whole numbers are ints."""
    table = state.table
    standard = _standard_columns(state)
    for start in range(0, len(table), BATCH_ROWS):
        part: list[Row] = [{} for _ in range(start, min(start + BATCH_ROWS, len(table)))]
        for name, values in standard.items():
            _fill(part, name, enumerate(values[start : start + BATCH_ROWS].tolist()))
        for key in table.keys:
            for column in (table.numbers.get(key), table.others.get(key)):
                if column is not None:
                    first, end = (bisect_left(column.rows, edge) for edge in (start, start + BATCH_ROWS))
                    places = (int(row) - start for row in column.rows[first:end])
                    _fill(part, key, zip(places, column.exact_values(first, end), strict=True), logged=True)
        yield from part


def _fill(part: list[Row], key: str, cells: Iterable[tuple[int, Any]], logged: bool = False) -> None:
    """Put *cells* into their rows; a NaN counts as a value only if the user logged it."""
    for place, value in cells:
        if not isinstance(value, float):
            part[place][key] = value
        elif value.is_integer() and abs(value) < MAX_EXACT_INT:
            part[place][key] = int(value)
        elif logged or not math.isnan(value):
            part[place][key] = float(value)


def _standard_columns(state: RunState) -> dict[str, NDArray[np.float64]]:
    """Return the columns besides the user's keys; attempt and cell only if the run has them."""
    table = state.table
    own = {"_step": table.step, "_runtime": table.runtime, "_timestamp": table.timestamp}
    if table.attempt.any():
        own["_attempt"] = table.attempt
    if (table.cell == table.cell).any():
        own["_cell"] = table.cell
    return own


def _write_csv(state: RunState, file: TextIO) -> None:
    writer = csv.DictWriter(file, [*_standard_columns(state), *state.table.keys], lineterminator="\n")
    writer.writeheader()
    for row in rows(state):
        writer.writerow({key: value if isinstance(value, int) else _text(value) for key, value in row.items()})


def _text(value: Any) -> str:
    """Return *value* as the text of one cell: numbers as Python reads them, nested values as JSON."""
    return value if isinstance(value, str) else dumps(value).strip('"')


@contextmanager
def _open_output(path: Path | None) -> Iterator[TextIO]:
    """Open *path* for writing, or yield stdout; a terminal gets no control characters."""
    if path is None:
        yield _stdout()
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}; choose another file with -o") from error


def _stdout() -> TextIO:
    if sys.stdout.isatty():
        return _TerminalWriter()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # for programs: the same bytes everywhere
    return sys.stdout


class _TerminalWriter(io.StringIO):
    """Writes lines to a terminal without their control characters."""

    def write(self, line: str) -> int:
        click.echo(clean(line.rstrip("\n"), len(line)))
        return len(line)


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--fold", is_flag=True, help="First merge the rows of segments into the run file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(run: str, fold: bool, as_json: bool) -> None:
    """Check a run's files completely: records, segments, damage. Exits with 3 if anything is damaged."""
    from wandb_nb.store.reading.tail import verify as check
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.store.runs.repair import fold_after_crash

    path = find_run(run)
    folded = fold_after_crash(path) if fold else 0
    report = check(path)
    if as_json:
        echo_json({**report.as_dict(), "folded": folded})
    else:
        for line in _report_lines(report, folded):
            echo_line(line)
    if not report.ok:
        sys.exit(DAMAGED)


def _report_lines(report: VerifyReport, folded: int) -> Iterator[str]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in report.records.most_common())
    yield f"{report.run_file}: {report.rows} rows, {sum(report.records.values())} records ({kinds})"
    if folded:
        yield f"{folded} records of segments merged into the run file"
    for segment in report.segments:
        yield f"segment not merged yet: {segment}"
    for file, damage in report.damage:
        yield f"damage: {file}, bytes {damage.start} to {damage.end}: {damage.reason}"
    if report.ok:
        yield "intact: every record can be read"
    elif not report.records:
        yield f"damaged: the file holds no readable record, and {report.lost} bytes are lost"
    else:
        yield f"damaged: {report.lost} bytes lost, {report.unreadable} records unreadable"
