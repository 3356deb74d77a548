"""The line after `%wandb`: words, options, pairs."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError

from wandb_nb.notebook.magics import magic_options, magic_words

LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_/.]*", fullmatch=True), LITERALS, max_size=4))
def test_any_literal_survives_the_line(config: dict[str, Any]) -> None:
    """The repr() of a value after an = is read as the same value, including blanks, quotes and brackets."""
    line = " ".join(f"{key}={value!r}" for key, value in config.items())

    assert magic_words.pairs(magic_words.split(line), "init") == config


@given(st.text())
def test_any_line_is_split_or_refused(line: str) -> None:
    """Any line is split into non-empty words, or fails with one clear error."""
    try:
        words = magic_words.split(line)
    except UsageError:
        return

    assert all(words)


def test_init_options_become_arguments() -> None:
    """Every documented option reaches init() under its name, and options that were not given do not."""
    line = (
        "--project digits --name 'the first' --group g --tags a,b --notes \"two words\" --job-type train "
        "--mode offline --id abc --resume allow --dir runs --entity me --no-save-code --magic lr=0.1 net=wide"
    )

    assert magic_options.init_arguments(magic_options.parse("init", magic_words.split(line))) == {
        "project": "digits",
        "name": "the first",
        "group": "g",
        "tags": ["a", "b"],
        "notes": "two words",
        "job_type": "train",
        "mode": "offline",
        "id": "abc",
        "resume": "allow",
        "dir": "runs",
        "entity": "me",
        "save_code": False,
        "magic": True,
        "config": {"lr": 0.1, "net": "wide"},
    }
    assert magic_options.init_arguments(magic_options.parse("init", [])) == {}


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("--nmae x", "did you mean --name?"),
        ("--mode somewhere", "invalid choice: 'somewhere'"),
        ("--project", "expected one argument"),
        ("digits", "'digits' is neither an option nor key=value"),
        ("layers=[1, 2", "a closing ] is missing"),
        ("--zzz", "%wandb init --help lists the options"),
    ],
)
def test_a_wrong_line_is_refused_in_one_line(line: str, hint: str) -> None:
    """The error is one line and says what is wrong."""
    with pytest.raises(UsageError) as refused:
        magic_options.init_arguments(magic_options.parse("init", magic_words.split(line)))

    assert hint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_text_other_than_literals_stays_text() -> None:
    """Names, paths and an apostrophe need no quotes."""
    words = magic_words.split("net=resnet-50 path=data/x.csv note=it's lr=1e-3")

    assert magic_words.pairs(words, "init") == {
        "net": "resnet-50",
        "path": "data/x.csv",
        "note": "it's",
        "lr": 0.001,
    }
    assert math.isclose(0.001, magic_words.literal("1e-3"))
