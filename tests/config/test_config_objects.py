"""Config values of other libraries: records give their fields, and anything without a JSON form becomes text."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import threading
from collections import UserString, namedtuple
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import PurePosixPath
from uuid import UUID

import attrs
import ml_collections
import ml_dtypes
import numpy as np
import pandas as pd
import pydantic
import pytest
from omegaconf import OmegaConf

import wandb_nb as wandb
from wandb_nb.tracking.config.config import Config


class Device:
    """What torch.device and torch.dtype have in common: a text form."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return self._name


class Login(pydantic.BaseModel):
    """A pydantic model with a secret."""

    user: str = "ann"
    password: pydantic.SecretStr = pydantic.SecretStr("hunter2-hunter2")


@attrs.define
class Optimizer:
    """An attrs class with slots and a nested instance."""

    lr: float = 0.1
    login: Login = attrs.Factory(Login)


class Closed:
    """An object with hidden values that `items()` returns."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = {"lr": 0.1, "depth": 2}

    def items(self):
        """Return the pairs."""
        return self._values.items()


class Exported:
    """An object whose values `to_dict()` returns."""

    def __init__(self) -> None:
        self._values = {"lr": 0.1, "depth": 2}

    def to_dict(self):
        """Return the values."""
        return dict(self._values)


class Properties:
    """An object whose values are properties."""

    def __init__(self) -> None:
        self._lr = 0.1

    @property
    def lr(self) -> float:
        """Return the rate."""
        return self._lr

    @property
    def depth(self) -> int:
        """Return the depth."""
        return 2


class Slots:
    """An object without a `__dict__`."""

    __slots__ = ("depth", "lr", "unset")

    def __init__(self) -> None:
        self.lr, self.depth = 0.1, 2


class Private:
    """An object with private attributes only."""

    def __init__(self) -> None:
        self._lr = 0.1


class Broken:
    """An object without a text form."""

    def __str__(self) -> str:
        raise LookupError("closed")


def double(value: float, by: float = 2) -> float:
    """Return the product."""
    return value * by


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Device("cuda:0"), "cuda:0"),
        (np.dtype("float32"), "float32"),
        (np.float32, "numpy.float32"),
        (dt.timedelta(minutes=90), "1:30:00"),
        (np.timedelta64(90, "s"), "0:01:30"),
        (np.timedelta64("NaT", "s"), None),
        (np.datetime64("2020-01-02T03:04:05", "ns"), "2020-01-02T03:04:05.000000000"),
        (Decimal("0.10"), "0.10"),
        (Fraction(1, 3), "1/3"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (PurePosixPath("a/b"), "a/b"),
        (re.compile("a+"), "re.compile('a+')"),
        (partial(double, by=3), "functools.partial(<function double>, by=3)"),
        (pydantic.SecretStr("hunter2-hunter2"), "**********"),
        (1 + 2j, "(1+2j)"),
        (np.clongdouble(1 + 2j), "(1+2j)"),
        (UserString("x"), "x"),
        (range(10**12), "range(0, 1000000000000)"),
        (np.array([1j]), ["1j"]),
        (object(), "<object object>"),
        (threading.Lock(), "<unlocked _thread.lock object>"),
        (Broken(), f"<{__name__}.Broken>"),
        (10**5000, hex(10**5000)),
        (pd.NA, None),
        (pd.NaT, None),
        (np.ma.array([1, 2], mask=[True, False]), [None, 2]),
        (np.array([1, 2]).astype(ml_dtypes.bfloat16), [1.0, 2.0]),
        (np.longdouble(1.5), 1.5),
        (pd.Series([1, 2]), [1, 2]),
        (Login(), {"user": "ann", "password": "**********"}),
        (Optimizer(), {"lr": 0.1, "login": {"user": "ann", "password": "**********"}}),
        (OmegaConf.create({"a": 1, "b": "${a}", "c": [1, {"d": 2}]}), {"a": 1, "b": 1, "c": [1, {"d": 2}]}),
        (OmegaConf.create({"a": 1, "b": "???"}), {"a": 1, "b": "???"}),
        (OmegaConf.create([1, [2]]), [1, [2]]),
        (ml_collections.ConfigDict({"a": 1, "b": {"c": (1, 2)}}), {"a": 1, "b": {"c": [1, 2]}}),
        (Closed(), {"lr": 0.1, "depth": 2}),
        (Exported(), {"lr": 0.1, "depth": 2}),
        (namedtuple("Pair", "a b")(1, 2), [1, 2]),  # noqa: PYI024 -- the plain kind
        (argparse.Namespace(dict=1, items=len), {"dict": 1, "items": "builtins.len"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_of_all_kinds_are_stored(value, text):
    """At any depth, a value has its fields or its text, the same in every process."""
    stored = Config({"key": value, "tree": {"of": [1, {"it": value}]}}).as_dict()

    assert stored["key"] == text
    assert stored["tree"] == {"of": [1, {"it": text}]}
    assert json.loads(json.dumps(stored)) == stored


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (ml_collections.ConfigDict({"lr": 0.1, "depth": 2}), {"lr": 0.1, "depth": 2}),
        (ml_collections.FrozenConfigDict({"lr": 0.1, "depth": 2}), {"lr": 0.1, "depth": 2}),
        (OmegaConf.create({"lr": 0.1, "depth": 2}), {"lr": 0.1, "depth": 2}),
        (OmegaConf.create({"lr": "???", "depth": 2}), {"lr": "???", "depth": 2}),
        (Closed(), {"lr": 0.1, "depth": 2}),
        (Exported(), {"lr": 0.1, "depth": 2}),
        (Properties(), {"lr": 0.1, "depth": 2}),
        (Slots(), {"lr": 0.1, "depth": 2}),
        (Private(), {"_lr": 0.1}),
        (Optimizer(), {"lr": 0.1, "login": {"user": "ann", "password": "**********"}}),
        (Login(), {"user": "ann", "password": "**********"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_filled_object_gives_its_values(config, expected):
    """An object given as the whole config is never stored as an empty one, wherever it stores its values."""
    assert Config(config).as_dict() == expected


def test_a_run_stores_them(tmp_path):
    """A run with such a config starts, finishes, and gives a reader the same values; an open file becomes its name."""
    with (tmp_path / "data.txt").open("w") as file:
        config = argparse.Namespace(out=file, device=Device("cpu"), delta=dt.timedelta(1), lr=0.1, login=Login())
        with wandb.init(dir=tmp_path, mode="offline", config=config, settings={"silent": True}) as run:
            run.config.update({"later": Decimal("0.5")})
            run.config.nested = {"device": Device("tpu")}
    expected = {
        "out": str(tmp_path / "data.txt"),
        "device": "cpu",
        "delta": "1 day, 0:00:00",
        "lr": 0.1,
        "login": {"user": "ann", "password": "**********"},
        "later": "0.5",
        "nested": {"device": "tpu"},
    }
    assert run.file is not None
    assert wandb.read(run.file).attrs["config"] == expected
