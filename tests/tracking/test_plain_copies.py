"""`dict(run.config)` and `dict(run.summary)` are plain data; what is read from both stays live."""

from __future__ import annotations

import copy
import json
import operator
import pickle
import threading
from collections import OrderedDict
from functools import reduce
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from omegaconf import OmegaConf

if TYPE_CHECKING:
    from collections.abc import Callable

    import wandb_nb as wandb

    Start = Callable[..., wandb.Run]

NESTED = {"lr": 0.1, "model": {"depth": 2, "layers": [{"size": 3}], "deep": {"a": {"b": 1}}}}


def is_plain(value: Any) -> bool:
    """Return whether *value* has nothing but dicts, lists and scalars in it, and no subclass of them."""
    if type(value) is dict:
        return all(type(key) is str and is_plain(each) for key, each in value.items())
    if type(value) is list:
        return all(map(is_plain, value))
    return type(value) in (str, int, float, bool, type(None))


@pytest.fixture(params=["config", "summary"])
def mapping(request: pytest.FixtureRequest, start: Start) -> Any:
    """Return the config, then the summary, of a run with the same nested values."""
    run = start(config=NESTED)
    run.log(NESTED)
    return getattr(run, request.param)


def keywords(**options: Any) -> dict[str, Any]:
    """Return the keyword arguments."""
    return options


COPIES: dict[str, Callable[[Any], Any]] = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "arguments": lambda mapping: keywords(**mapping),
    "display": lambda mapping: {**mapping},
    "update": lambda mapping: (copied := {}, copied.update(mapping), copied)[2],
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_are_plain(copied: Callable[[Any], Any], mapping: Any) -> None:
    """Every way to copy gives plain data, equal to `as_dict()`, which all serialisers take."""
    plain = dict(copied(mapping))
    assert is_plain(plain)
    assert {key: plain[key] for key in NESTED} == NESTED
    assert yaml.safe_load(yaml.safe_dump(plain)) == json.loads(json.dumps(plain)) == plain
    assert pickle.loads(pickle.dumps(plain)) == copy.deepcopy(plain) == plain  # noqa: S301 -- our own bytes
    assert OmegaConf.create(plain).model.deep.a.b == 1


def test_a_copy_is_independent(mapping: Any) -> None:
    """A change in a copy is not in the run, and not in the next copy."""
    dict(mapping)["model"]["deep"].clear()
    {**mapping}["model"]["layers"].append(1)
    assert {key: dict(mapping)[key] for key in NESTED} == NESTED


def test_what_is_read_stays_live(mapping: Any) -> None:
    """Sections read by item, attribute, `get()`, loops or functions write through, after copies as before."""
    for number in range(2):
        dict(mapping)
        mapping["model"][f"item{number}"] = number
        mapping.model[f"attribute{number}"] = number
        mapping.get("model")[f"get{number}"] = number
        reduce(operator.getitem, ["model", "deep"], mapping)[f"function{number}"] = number
        for key in mapping.keys():  # noqa: SIM118 -- what programs write
            if key == "model":
                mapping[key][f"loop{number}"] = number
        for key, value in mapping.items():
            if key == "model":
                value[f"items{number}"] = number
    model = dict(mapping)["model"]
    ways = ("item", "attribute", "get", "loop", "items")
    assert {f"{way}{number}": number for way in ways for number in range(2)}.items() <= model.items()
    assert model["deep"] == {"a": {"b": 1}, "function0": 0, "function1": 1}


def test_threads_do_not_disturb_copies(mapping: Any) -> None:
    """While other threads list the keys, copies are plain."""
    stop = threading.Event()

    def list_keys() -> None:
        while not stop.is_set():
            list(mapping.keys())

    threads = [threading.Thread(target=list_keys) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert all(is_plain(dict(mapping)) for _ in range(300))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
