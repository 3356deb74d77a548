"""Runs side by side: their curves, what differs in config, results, environment, and their code, cell by cell."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.compare.comparison import code_changes, compare
from wandb_nb.compare.value_diff import ABSENT, ValueRow
from wandb_nb.server.http.requests import services_of
from wandb_nb.server.storage import run_store
from wandb_nb.server.web.compare_inputs import subject_of
from wandb_nb.server.web.render import found, page, project_of, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.compare.code_diff import CodeChange
    from wandb_nb.compare.comparison_input import ComparisonInput
    from wandb_nb.server.storage.users import User

_MOST_RUNS = 16


class Value(NamedTuple):
    """What one run has for a key: *text* None where it has none, *change* how far a number is from the first run's."""

    text: str | None
    change: str | None


class DiffLine(NamedTuple):
    """A line of two sources side by side: `same`, `changed`, or a `gap`, whose text is on the left."""

    kind: str
    left: str | None
    right: str | None


async def comparison(request: Request) -> Response:
    """`GET /<entity>/<project>/compare?run=&run=&base=&all=&left=&right=`: *base* is what the others are compared with.

    It comes first, the oldest run where none is named, and the others by age.
    """
    return await page(request, _comparison)


def _comparison(request: Request, user: User) -> Response:
    services, asked = services_of(request), request.query_params
    with services.database.read() as connection:
        project = project_of(connection, request, user)
        wanted = list(dict.fromkeys(asked.getlist("run")))[:_MOST_RUNS]
        rows = [found(run_store.find_run(connection, project, name), "run") for name in wanted]
        rows.sort(key=lambda row: (row.name != asked.get("base"), row.created, row.id))
        names = [row.name for row in rows]
        subjects = [subject_of(services, connection, row) for row in rows] if len(rows) > 1 else []
    values: dict[str, Any] = {"project": project, "runs": rows, "names": names, "all": bool(asked.get("all"))}
    if not subjects:
        return shown(request, "compare_none.html", user, **values)
    told = compare(subjects)
    left, right = (_chosen(names, asked.get(side, ""), at) for at, side in enumerate(("left", "right")))
    return shown(
        request,
        "compare.html",
        user,
        **values,
        labels=told.labels,
        tables=[
            ("config", "Config", told.config),
            ("summary", "Summary", told.summary),
            ("git", "Git", told.git),
            ("packages", "Packages", told.packages),
        ],
        values=values_of,
        left=left,
        right=right,
        changes=_changes(subjects[left], subjects[right]),
        has_code=[bool(subject.cells or subject.files) for subject in subjects],
    )


def _chosen(names: Sequence[str], name: str, otherwise: int) -> int:
    return names.index(name) if name in names else otherwise


def values_of(row: ValueRow) -> list[Value]:
    """Return what the runs have in *row*, numbers with their distance from those of the first run."""
    first = row.values[0]
    changes = [
        None,
        *(
            None if first is ABSENT or one is ABSENT else ValueRow(row.key, (first, one)).change
            for one in row.values[1:]
        ),
    ]
    return [Value(text, change) for text, change in zip(row.texts, changes, strict=True)]


def _changes(left: ComparisonInput, right: ComparisonInput) -> list[tuple[CodeChange, list[DiffLine]]]:
    return [(change, list(side_by_side(change.facts()["lines"]))) for change in code_changes(left, right)]


def side_by_side(lines: Sequence[str]) -> Iterator[DiffLine]:
    """Yield the lines of a change, those taken out beside those put in."""
    out: list[str] = []
    new: list[str] = []

    def flush() -> Iterator[DiffLine]:
        yield from (DiffLine("changed", left, right) for left, right in zip_longest(out, new))
        out.clear()
        new.clear()

    for line in lines:
        mark, text = line[:1], line[1:]
        if mark == "-":
            if new:
                yield from flush()
            out.append(text)
        elif mark == "+":
            new.append(text)
        else:
            yield from flush()
            yield DiffLine("gap", text.strip(), None) if mark == "@" else DiffLine("same", text, text)
    yield from flush()
