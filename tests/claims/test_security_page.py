"""The tests that `docs/security.md` names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "security.md").read_text("utf-8")
FILES = sorted(set(re.findall(r"`(\w+/test_\w+)(?:::\w+)?`", PAGE)))


@pytest.mark.parametrize("file", FILES)
def test_named_tests_exist(file: str) -> None:
    """Each file that the page names is there, with the functions that it names."""
    text = (TESTS / f"{file}.py").read_text("utf-8")
    for line in PAGE.splitlines():
        _, found, rest = line.partition(f"`{file}::")
        names = re.findall(r"^(\w+)`|, `::(\w+)`", rest) if found else []
        assert all(f"def {first or second}(" in text for first, second in names), line


def test_every_attack_has_a_test() -> None:
    """Every row of the tables names a test."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| attack", "| ---"))]
    assert len(rows) > 10
    assert [row for row in rows if not re.search(r"`\w+/test_\w+", row)] == []
