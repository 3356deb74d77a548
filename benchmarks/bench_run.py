"""What a run costs its user, against the budgets and beside other trackers.

python benchmarks/bench_run.py [--rounds 3] [--before CHECKOUT]

The trackers take turns, each figure in its own process, and the smallest of all rounds counts. `scripts/peers.sh`
installs trackio and tensorboardX. "protobuf" is the same record by protobuf's C implementation, "append" a plain append
of as many bytes. CHECKOUT is another version of this project, measured in the same run. Ratios remain valid on
different machines.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from peers import EMPTY, IDLE, LONG, PEERS, ROWS, again, measure
from served import served

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Figures = dict[str, float]


class Budget(NamedTuple):
    """A row of the table: the figure at *name*, divided by the one at *unit* if given."""

    words: str
    name: str
    limit: float
    unit: str = ""


BUDGETS = (
    Budget("import, ms", "import", 150),
    Budget("init() offline, ms", "init", 50),
    Budget("init() against a server, first run, ms", "online", 100),
    Budget("the same for a further run of the process, ms", "online again", 100),
    Budget("log of 2 floats, p50 µs", "two.0", 10),
    Budget("log of 2 floats, p99 µs", "two.1", 25),
    Budget("the same with 1 ms of work between, p50 µs", "spaced.0", 35),
    Budget("log of 2 numpy scalars, p50 µs", "numpy.0", 15),
    Budget("the same, in times of 2 floats", "numpy.0", 1.5, "two.0"),
    Budget("log of 100 floats, p50 µs", "hundred.0", 25),
    Budget("log of 1,000 floats, p50 µs", "thousand.0", 250),
    Budget("log of 1,100 floats, in times of 1,000", "more.0", 1.3, "thousand.0"),
    Budget("log of a name that is new each time, p50 µs", "new.0", 15),
    Budget("bytes per row of 2 floats", "bytes", 160),
    Budget("finish() without rows, ms", "finish without rows", 20),
    Budget("finish() after 1.5 s, nothing logged, ms", "finish", 20),
    Budget("finish() after 100,000 rows, ms", "finish after rows", 50),
    Budget("memory added, MB", "memory", 25),
)


def flat(figures: Mapping[str, Any]) -> Figures:
    """Return figures with those of a list as "name.0", "name.1"; absent ones are omitted."""
    pairs: Figures = {}
    for name, value in figures.items():
        if isinstance(value, list):
            pairs |= {f"{name}.{index}": each for index, each in enumerate(value)}
        elif value is not None:
            pairs[name] = value
    return pairs


def smallest(rounds: Iterable[Figures]) -> Figures:
    """Return the smallest value of each figure."""
    least: Figures = {}
    for figures in rounds:
        for name, value in figures.items():
            least[name] = min(value, least.get(name, value))
    return least


def online(environ: Mapping[str, str]) -> dict[str, Figures]:
    """Return how long `init()` takes that waits for the answer of the server at *environ*."""
    names = {"init": "online", "again": "online again"}
    seen = {
        name: flat(measure(PEERS[name], again(PEERS[name]), {**environ, "WANDB_MODE": "online"}))
        for name in ("ours", "official")
    }
    return {name: {row: figures[key] for key, row in names.items() if key in figures} for name, figures in seen.items()}


def measured(rounds: int, before: str | None) -> dict[str, Figures]:
    """Return the figures of all trackers."""
    columns = {name: (peer, {}) for name, peer in PEERS.items()}
    if before:
        columns["before"] = (PEERS["ours"], {"PYTHONPATH": before})
    seen: dict[str, list[Figures]] = {name: [] for name in columns}
    with served() as server:
        for _ in range(rounds):
            for work in (EMPTY, IDLE, LONG, ROWS):
                for name, (peer, environ) in columns.items():
                    seen[name].append(flat(measure(peer, work, environ)))
            for name, figures in online(server.environ).items():
                seen[name].append(figures)
    return {name: smallest(each) for name, each in seen.items()}


def figure(budget: Budget, figures: Figures) -> float | None:
    """Return the value of *budget* in *figures*, if they have it."""
    value, unit = figures.get(budget.name), figures.get(budget.unit) if budget.unit else 1.0
    return None if value is None or unit is None else value / unit


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description="Measure a run against the budgets and beside other trackers.")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--before", metavar="CHECKOUT")
    given = options.parse_args()
    columns = measured(given.rounds, given.before)
    print(f"{'what':<48}{'budget':>8}" + "".join(f"{name:>14}" for name in columns))
    for budget in BUDGETS:
        values = {name: figure(budget, figures) for name, figures in columns.items()}
        ours = values["ours"]
        verdict = "" if ours is None else "ok" if ours <= budget.limit else "missed"
        cells = "".join(f"{'-' if value is None else f'{value:.1f}':>14}" for value in values.values())
        print(f"{budget.words:<48}{budget.limit:>8g}{cells}  {verdict}")


if __name__ == "__main__":
    main()
