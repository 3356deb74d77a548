"""A bounded cache."""

from __future__ import annotations

from wandb_nb.lru import LRUDict, SizedCache


def test_the_oldest_key_is_dropped() -> None:
    """A key that is set again is the newest; the one that was set longest ago goes first."""
    cache: LRUDict[str, int] = LRUDict(2)
    cache["a"], cache["b"] = 1, 2
    cache["a"] = 3
    cache["c"] = 4

    assert dict(cache) == {"a": 3, "c": 4}


def test_a_sized_cache_holds_the_values_used_last():
    """Values are dropped, the least used first, when they are too large together; a replaced one does not count."""
    cache: SizedCache[str, int] = SizedCache(10)
    for key, size in (("a", 4), ("b", 4), ("a", 2), ("c", 4)):
        cache.put(key, size, size)
    assert [cache.get(key) for key in "abc"] == [2, 4, 4]
    assert cache.get("a") == 2
    cache.put("d", 7, 7)
    assert [cache.get(key) for key in "abcd"] == [2, None, None, 7]
    cache.put("e", 11, 11)
    assert [cache.get(key) for key in "ade"] == [None, None, None]
    cache.put("f", 1, 1)
    assert cache.get("f") == 1
