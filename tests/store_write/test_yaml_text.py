"""Config as YAML, as PyYAML reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from wandb_nb.store.format.yaml_text import to_yaml

odd = ("no", "Null", "~", "1e5", "0x1", "1:30", "a: b", "a #b", " a", "a ", "-", "é")
texts = st.text(max_size=200) | st.sampled_from(odd)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.dates().map(str)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(texts, values, max_size=5))
@example({"k" * 2000: {"k" * 2000: [{}, [], {"k" * 2000: 1}]}})
@example({"lone \ud800": "\x00\x85\u2028\ufeff\U0001f600"})
def test_a_config_is_read_as_it_was(config: dict[str, Any]):
    """Any tree of JSON values comes back: odd keys and texts, every float, nesting in any order."""
    assert json.dumps(yaml.safe_load(to_yaml(config)), sort_keys=True) == json.dumps(config, sort_keys=True)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({}, "{}\n"),
        (
            {"lr": {"value": 1e-7}, "layers": {"value": [1, "two"]}, "on": {"value": {"off": None}}},
            """\
layers:
    value:
        - 1
        - two
lr:
    value: 1.0e-07
"on":
    value:
        "off": null
""",
        ),
    ],
)
def test_the_layout_is_for_people(config: dict[str, Any], text: str):
    """Keys are sorted and indented by four, and only texts that need quotes have them."""
    assert to_yaml(config) == text
