"""The tests that `docs/claims.md` names for each documented claim are there, and name the claim themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "claims.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| ([A-Z]\d) \| .* \| (.*) \|$", PAGE, re.MULTILINE))
COUNTS = {"S": 7, "W": 6, "C": 5, "M": 5, "R": 2, "I": 7, "E": 3}


def test_every_claim_has_a_row() -> None:
    """The table has one row for each claim, in order."""
    assert list(ROWS) == [f"{letter}{number}" for letter, count in COUNTS.items() for number in range(1, count + 1)]


def test_every_test_on_the_page_exists() -> None:
    """Each test that the page names, in the table or above it, is a function of its file."""
    names = re.findall(r"`([\w/]+)::(\w+)`", PAGE)
    missing = [
        f"{file}::{function}"
        for file, function in names
        if f"def {function}(" not in (TESTS / f"{file}.py").read_text("utf-8")
    ]
    assert len(names) > len(ROWS)
    assert missing == []


@pytest.mark.parametrize("claim", ROWS)
def test_its_tests_name_it(claim: str) -> None:
    """Each file of tests in the row has a docstring, or a row of a table, that begins with the claim's name."""
    names = re.findall(r"`([\w/]+)::(\w+)`", ROWS[claim])
    assert names
    for file, _ in names:
        text = (TESTS / f"{file}.py").read_text("utf-8")
        assert f"[{claim}]" in text or f'"{claim} ' in text, (file, claim)
