"""The settings page says what the code does."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import document


def test_the_page_is_the_table():
    """docs/settings.md is what its generator writes now; run the generator after changing a setting."""
    assert document.PAGE.read_text(encoding="utf-8") == document.page()


def test_every_setting_has_a_section():
    """The page's sections begin at settings that exist, in their order."""
    names = list(document.FIELDS)
    places = [names.index(name) for name in document.SECTIONS]

    assert places == sorted(places)
    assert places[0] == 0
