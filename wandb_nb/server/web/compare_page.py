"""Runs side by side: curves, differences in config, summary and environment, and code, cell by cell."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.compare.comparison import code_changes, compare
from wandb_nb.compare.headline import headline
from wandb_nb.compare.value_diff import ABSENT, ValueRow, differing
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.run_store import find_run
from wandb_nb.server.web.compare_inputs import comparison_input
from wandb_nb.server.web.render import answer_page, render_page, requested_project, require
from wandb_nb.view.run_styles import run_styles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.compare.code_diff import CodeChange
    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.comparison_input import ComparisonInput
    from wandb_nb.server.storage.users import User

_MAX_RUNS = 16


class Value(NamedTuple):
    """The value of one run for a key, if it has one; *change* is the difference from the first run's number."""

    text: str | None
    change: str | None


class DiffLine(NamedTuple):
    """A line of two sources side by side, of *kind* `same`, `changed`, or `gap` with its text on the left."""

    kind: str
    left: str | None
    right: str | None


async def comparison(request: Request) -> Response:
    """`GET /<entity>/<project>/compare?run=&run=&base=&all=&left=&right=`: *base* is the baseline.

    It comes first, the oldest run by default; the others follow by age.
    """
    return await answer_page(request, _comparison, is_heavy=True)


def _comparison(request: Request, user: User) -> Response:
    services, query = services_of(request), request.query_params
    with services.database.read() as connection:
        project = requested_project(connection, request, user)
        requested = list(dict.fromkeys(query.getlist("run")))[:_MAX_RUNS]
        rows = [require(find_run(connection, project, name, outcomes=True), "run") for name in requested]
        rows.sort(key=lambda row: (row.name != query.get("base"), row.created, row.id))
        names = [row.name for row in rows]
        left, right = (_index_of(names, query.get(side, ""), at) for at, side in enumerate(("left", "right")))
        compared = rows if len(rows) > 1 else []
        inputs = [comparison_input(services, connection, row, at in {left, right}) for at, row in enumerate(compared)]
    values: dict[str, Any] = {"project": project, "runs": rows, "names": names, "all": bool(query.get("all"))}
    if not inputs:
        return render_page(request, "compare_none.html", user, **values)
    result = compare([replace(one, cells=(), files={}) for one in inputs])
    return render_page(
        request,
        "compare.html",
        user,
        **values,
        headline=headline(result),
        labels=result.labels,
        styles=run_styles(names),
        tables=_tables(result, with_identical=bool(query.get("all"))),
        values=compared_values,
        left=left,
        right=right,
        changes=_code_changes(inputs[left], inputs[right]),
        has_code=[bool(one.cells or one.files) for one in inputs],
    )


def _tables(result: Comparison, *, with_identical: bool) -> list[tuple[str, str, list[ValueRow]]]:
    """Return id, heading and rows of each table that has something to show."""
    tables = [
        ("config", "Config", result.config),
        ("summary", "Summary", result.summary_values),
        ("git", "Git", result.git),
        ("packages", "Packages", result.packages),
    ]
    return [table for table in tables if (table[2] if with_identical else differing(table[2]))]


def _index_of(names: Sequence[str], name: str, default: int) -> int:
    return names.index(name) if name in names else default


def compared_values(row: ValueRow) -> list[Value]:
    """Return the values of the runs in *row*, numbers with their difference from the first run's."""
    first = row.values[0]
    changes = [
        None,
        *(
            None if first is ABSENT or one is ABSENT else ValueRow(row.key, (first, one)).change
            for one in row.values[1:]
        ),
    ]
    return [Value(text, change) for text, change in zip(row.texts, changes, strict=True)]


def _code_changes(left: ComparisonInput, right: ComparisonInput) -> list[tuple[CodeChange, list[DiffLine]]]:
    return [(change, list(side_by_side(change.header()["lines"]))) for change in code_changes(left, right)]


def side_by_side(lines: Sequence[str]) -> Iterator[DiffLine]:
    """Yield the lines of a change, removed ones beside added ones."""
    removed: list[str] = []
    added: list[str] = []

    def flush() -> Iterator[DiffLine]:
        yield from (DiffLine("changed", left, right) for left, right in zip_longest(removed, added))
        removed.clear()
        added.clear()

    for line in lines:
        mark, text = line[:1], line[1:]
        if mark == "-":
            if added:
                yield from flush()
            removed.append(text)
        elif mark == "+":
            added.append(text)
        else:
            yield from flush()
            yield DiffLine("gap", text.strip(), None) if mark == "@" else DiffLine("same", text, text)
    yield from flush()
