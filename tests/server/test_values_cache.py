"""The parsed values of listed runs, kept between requests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from wandb_nb.server.query.values_cache import ValuesCache


def row(number: int, acc: float = 0.5, **changes: Any) -> Any:
    """Return a row of the table of runs."""
    summary = f'{{"acc": {acc}}}'
    return SimpleNamespace(**{"id": number, "config": "{}", "summary": summary, "tags": "[]", "notes": "", **changes})


def test_values_are_parsed_once_until_their_row_changes() -> None:
    """An equal row has the same values; any other value in it, also one that only its reader lacks, has new ones."""
    cache = ValuesCache()
    (first,) = cache.values_of([row(1)])
    assert first.summary == {"acc": 0.5}
    assert cache.values_of([row(1)]) == [first]
    for changed in (row(1, acc=0.7), row(1, notes="hidden from this reader")):
        (values,) = cache.values_of([changed])
        assert values is not first
        assert values.row == changed
        assert values.summary == {"acc": 0.7 if "0.7" in changed.summary else 0.5}


def test_the_memory_is_bounded() -> None:
    """The values that were used last are kept, up to the limit of characters; all are returned."""
    size = len("{}" + '{"acc": 0.5}' + "[]")
    cache = ValuesCache(max_characters=2 * size)
    first, second, third = cache.values_of([row(1), row(2), row(3)])
    assert cache.values_of([row(2), row(3)]) == [second, third]
    assert cache.values_of([row(1)]) != [first]
    assert cache.values_of([row(3)]) == [third]
    assert cache.values_of([row(2)]) != [second]


def test_numbers_are_read_again_when_a_run_changes() -> None:
    """The numbers of unchanged runs are kept; of others, and of another selection of them, they are right."""
    cache = ValuesCache()

    def mean(*rows: Any) -> float | None:
        runs = cache.values_of(rows)
        (statistics,) = cache.numbers_of(1, runs).statistics(runs[:2], ["summary_metrics.acc"])
        return statistics.mean if statistics else None

    assert mean(row(1, acc=1), row(2, acc=3), row(3, acc=100)) == 2
    kept = cache.numbers_of(1, cache.values_of([row(1, acc=1), row(2, acc=3), row(3, acc=100)]))
    assert cache.numbers_of(1, kept.runs) is kept
    assert mean(row(1, acc=1), row(2, acc=5), row(3, acc=100)) == 3
    assert mean(row(2, acc=5), row(3, acc=7)) == 6
