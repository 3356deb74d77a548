"""Samples of histories: right values for any keys, the same ones from memory, and none of earlier rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.server.live import sample_cache
from wandb_nb.server.live.sample_cache import SampleCache

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Client

SAMPLED = 'query Q($s: [JSONString!]!) { project(name: "p") { run(name: "a") { sampledHistory(specs: $s) } } }'
REWIND = "mutation R($i: RewindRunInput!) { rewindRun(input: $i) { rewoundRun { id } } }"


def make_row(number: int, factor: float = 1.0) -> dict[str, Any]:
    """Return a row with a column of each kind, and a key in every second row only."""
    row = {"_step": number, "loss": factor / (number + 1), "half": number / 2, "mixed": number if number % 3 else 0.1}
    row |= {"text": f"é {number}", "val": {"acc": number / 7}, "_runtime": number / 100}
    return row | ({"rare": number} if number % 2 else {})


def post(client: Client, first: int, rows: Sequence[dict[str, Any]]) -> None:
    """Post *rows* from number *first* on."""
    content = [json.dumps(row) for row in rows]
    files = {"wandb-history.jsonl": {"offset": first, "content": content}}
    assert client.stream("a", files=files).status_code == 200


def sampled(client: Client, keys: Sequence[str], **bounds: int) -> list[dict[str, Any]]:
    """Return 50 sampled rows."""
    spec = json.dumps({"keys": keys, "samples": 50, **bounds})
    rows: list[dict[str, Any]]
    (rows,) = client.query(SAMPLED, s=[spec])["project"]["run"]["sampledHistory"]
    return rows


@pytest.mark.parametrize(
    "keys",
    [
        ["_step", "loss"],
        ["half"],
        ["mixed", "_step"],
        ["text", "loss"],
        ["val.acc"],
        ["val"],
        ["rare", "_step", "text"],
    ],
)
def test_samples_have_the_values_that_were_sent(client: Client, keys: list[str]) -> None:
    """Only the columns of the keys are read; each of their values is the one that was sent, of the same type."""
    client.upsert("a")
    rows = [make_row(number) | {"number": number} for number in range(3_000)]
    post(client, 0, rows)
    numbers = sampled(client, [*keys, "number"])
    assert len(numbers) == 50
    assert numbers[0]["number"] == ("rare" in keys)
    assert numbers[-1]["number"] == 2_999
    for row in numbers:
        sent = rows[row["number"]] | {"val.acc": rows[row["number"]]["val"]["acc"]}
        assert json.dumps({key: row[key] for key in keys}) == json.dumps({key: sent[key] for key in keys})


def test_equal_requests_are_answered_from_memory(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample is read once; other keys, bounds or another count of rows are read anew."""
    reads = []
    real = sample_cache.sample_rows
    monkeypatch.setattr(sample_cache, "sample_rows", lambda *given: reads.append(given[2:]) or real(*given))
    client.upsert("a")
    post(client, 0, [make_row(number) for number in range(600)])
    cache = SampleCache()
    with client.services.database.read() as connection:
        first = cache.rows(connection, 1, ["loss"], 50, None, None)
        assert cache.rows(connection, 1, ["loss"], 50, None, None) == first
        assert reads == [(["loss"], 50, None, None)]
        cache.rows(connection, 1, ["half"], 50, None, None)
        cache.rows(connection, 1, ["loss"], 50, 0, 100)
        cache.rows(connection, 1, ["loss"], 51, None, None)
    assert len(reads) == 4


def test_a_changed_history_is_read_anew(client: Client) -> None:
    """Added, inserted, replaced and rewound rows are in the next sample, as is a new start of the run."""
    client.upsert("a")
    post(client, 300, [make_row(number) for number in range(300, 600)])
    assert sampled(client, ["_step", "loss"])[0] == {"_step": 300, "loss": 1 / 301}
    post(client, 0, [make_row(number) for number in range(300)])
    assert sampled(client, ["_step", "loss"])[0] == {"_step": 0, "loss": 1.0}
    post(client, 600, [make_row(600)])
    assert sampled(client, ["_step", "loss"])[-1] == {"_step": 600, "loss": 1 / 601}
    post(client, 600, [make_row(600, 7.0)])
    assert sampled(client, ["_step", "loss"])[-1] == {"_step": 600, "loss": 7.0 / 601}
    client.query(
        REWIND, i={"runName": "a", "projectName": "p", "entityName": "local", "metricName": "_step", "metricValue": 400}
    )
    assert sampled(client, ["_step", "loss"])[-1] == {"_step": 400, "loss": 1 / 401}
    client.upsert("a", jobProgram="train.py")
    post(client, 0, [make_row(number, 2.0) for number in range(401)])
    assert sampled(client, ["_step", "loss"])[-1] == {"_step": 400, "loss": 2.0 / 401}


def test_the_memory_is_bounded(client: Client) -> None:
    """The samples that were used last stay, up to the limit."""
    client.upsert("a")
    post(client, 0, [make_row(number) for number in range(600)])
    cache = SampleCache(max_bytes=5_000)
    with client.services.database.read() as connection:
        for limit in range(1, 100):
            cache.rows(connection, 1, ["loss"], limit, None, None)
        assert cache._texts._size <= 5_000
        assert len(cache._texts._entries) in range(1, 10)
