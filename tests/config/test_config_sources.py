"""All forms of config."""

from __future__ import annotations

import argparse
import sys
import types
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from wandb_nb.errors import ConfigError, ConfigTypeError, UsageError
from wandb_nb.tracking.config.loading import as_mapping, load


@dataclass
class Settings:
    """A user's dataclass."""

    lr: float = 0.1
    depth: int = 2


class Pair(NamedTuple):
    """A user's named tuple."""

    lr: float
    depth: int


class Constants:
    """A user's class of constants."""

    lr = 0.1
    depth = 2
    _hidden = 3

    def method(self):
        """Do nothing: a method is not config."""

    @property
    def derived(self):
        """Return a property, which is not config."""


class Flags:
    """Flags like absl's: one method returns the values by name."""

    def flag_values_dict(self):
        """Return the values."""
        return {"lr": 0.1, "depth": 2}


def module():
    """Return a module that contains config."""
    made = types.ModuleType("conf")
    made.lr, made.depth, made.sys, made.helper = 0.1, 2, sys, len
    return made


def plain_object():
    """Return an object with attributes."""
    made = Constants()
    made.lr, made.depth, made._own = 0.1, 2, 5
    return made


def pydantic_model():
    """Return a real pydantic model."""
    pydantic = pytest.importorskip("pydantic")
    return pydantic.create_model("Model", lr=(float, 0.1), depth=(int, 2))()


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"lr": 0.1, "depth": 2},
        lambda: argparse.Namespace(lr=0.1, depth=2),
        lambda: types.MappingProxyType({"lr": 0.1, "depth": 2}),
        lambda: Pair(0.1, 2),
        Settings,
        Flags,
        pydantic_model,
        plain_object,
        lambda: Constants,
        module,
    ],
    ids=["dict", "argparse", "mapping", "namedtuple", "dataclass", "flags", "pydantic", "object", "class", "module"],
)
def test_every_form_gives_its_keys(make):
    """Each documented form of config gives the same keys and values."""
    assert load(make()) == {"lr": 0.1, "depth": 2}


def test_real_absl_flags_are_read():
    """Real absl flags give the values parsed from the command line."""
    flags = pytest.importorskip("absl.flags")
    values = flags.FlagValues()
    flags.DEFINE_float("lr", 0.5, "", flag_values=values)
    values(["program", "--lr=0.1"])

    assert as_mapping(values)["lr"] == 0.1


@pytest.mark.parametrize("wrong", [5, [1, 2], 1.5, len, lambda: None, object()])
def test_values_without_config_are_refused(wrong):
    """A number, list, function or bare object raises a TypeError that names the accepted forms."""
    with pytest.raises(ConfigTypeError, match="pass a dict") as caught:
        load(wrong)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("c.yaml", "lr: 0.1\nepochs: 3\n", {"lr": 0.1, "epochs": 3}),
        ("c.yaml", "lr:\n  value: 0.1\n  desc: rate\nepochs: {value: 3}\n", None),
        ("c.yaml", "wandb_version: 1\n_wandb: {value: {}}\nlr: {value: 0.1}\n", {"lr": 0.1}),
        ("c.yaml", "lr: {value: 0.1, desc: rate}\nepochs: 3\n", {"lr": 0.1, "epochs": 3}),
        ("c.yaml", "target: {value: 1}\nepochs: 3\n", {"target": {"value": 1}, "epochs": 3}),
        ("c.yaml", "unit: {value: 1, unit: m}\n", {"unit": {"value": 1, "unit": "m"}}),
        ("c.yaml", "lr: 1e-3\nbig: 2.5E+4\nname: e3\nversion: 1.2.3\n", None),
        ("c.yaml", "", {}),
        ("c.yml", "# nothing\n", {}),
        ("c.json", '{"lr": 0.1}', {"lr": 0.1}),
        ("c.json", '{"lr": {"value": 0.1, "desc": "rate"}}', {"lr": 0.1}),
        ("c.json", "", {}),
    ],
)
def test_files_are_read_in_both_forms(name, text, expected, tmp_path):
    """Plain and described entries, alone or mixed, give their values; 1e-3 is a number."""
    (tmp_path / name).write_text(text)
    if expected is None:
        exponent = "1e-3" in text
        expected = (
            {"lr": 1e-3, "big": 2.5e4, "name": "e3", "version": "1.2.3"} if exponent else {"lr": 0.1, "epochs": 3}
        )

    assert load(name, cwd=tmp_path) == expected
    assert load(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("c.yaml", b"a: [1", "not valid YAML"),
        ("c.yaml", b"- 1\n", "must contain keys and values, got list"),
        ("c.yaml", b"wandb_version: 2\n", "wandb_version 2"),
        ("c.yaml", b"a: \xff\n", "could not be read"),
        ("c.yaml", b"a: !!python/object/apply:os.getcwd []\n", "not valid YAML"),
        ("c.json", b"{", "not valid JSON"),
    ],
)
def test_unusable_files_are_named(name, content, match, tmp_path):
    """An unusable file raises ConfigError with its path and the reason; YAML runs no code."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ConfigError, match=match) as caught:
        load(name, cwd=tmp_path)
    assert str(tmp_path / name) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    """The name of a missing file gives an error with the full path, since the user may have meant a value."""
    with pytest.raises(ConfigError, match=r"config file .*absent.yaml does not exist"):
        load("absent.yaml", cwd=tmp_path)
    with pytest.raises(ConfigError, match=r"absent\.yaml"):
        load({}, paths=["absent.yaml"], cwd=tmp_path)


def test_each_source_beats_the_ones_below(tmp_path):
    """The defaults file has the lowest precedence, then the config files in order, then init's argument."""
    (tmp_path / "config-defaults.yaml").write_text("a: {value: 1, desc: x}\nb: 1\nc: 1\nd: 1\n")
    (tmp_path / "one.yaml").write_text("b: 2\nc: 2\nd: 2\n")
    (tmp_path / "two.yaml").write_text("c: 3\nd: 3\n")

    assert load({"d": 4}, paths=["one.yaml", "two.yaml"], cwd=tmp_path) == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert load(cwd=tmp_path) == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_keys_are_included_or_excluded(tmp_path):
    """The two lists include or exclude keys of init's argument, not of the files; using both is an error."""
    (tmp_path / "config-defaults.yaml").write_text("base: 0\n")
    values = {"a": 1, "b": 2}

    assert load(values, include=["a"], cwd=tmp_path) == {"base": 0, "a": 1}
    assert load(values, exclude=["a", "base"], cwd=tmp_path) == {"base": 0, "b": 2}
    with pytest.raises(UsageError, match="config_include_keys"):
        load(values, include=["a"], exclude=["b"])
