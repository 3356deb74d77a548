"""A bounded cache."""

from __future__ import annotations

from wandb_nb.lru import LRUDict


def test_the_oldest_key_is_dropped() -> None:
    """A key that is set again is the newest; the one that was set longest ago goes first."""
    cache: LRUDict[str, int] = LRUDict(2)
    cache["a"], cache["b"] = 1, 2
    cache["a"] = 3
    cache["c"] = 4

    assert dict(cache) == {"a": 3, "c": 4}
