"""The settings page agrees with the code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import document

import wandb_nb


def test_the_page_is_the_table():
    """docs/settings.md equals the generator's output; run the generator after changing a setting."""
    assert document.PAGE.read_text(encoding="utf-8") == document.page()


def test_the_page_lists_settings_without_effect():
    """The package reads every setting except those under "Without effect here"."""
    package = Path(wandb_nb.__file__).parent
    sources = [path.read_text("utf-8") for path in package.rglob("*.py") if path.parent.name != "settings"]
    whole = "\n".join(sources)
    read = {name for name in document.FIELDS if re.search(rf"(settings|resolved)\.{name}\b", whole)}
    names = list(document.FIELDS)
    first = next(name for name, section in document.SECTIONS.items() if section == document.WITHOUT_EFFECT)
    # Network settings are read by their prefixes, see sync/http/network.py.
    by_prefix = {name for name in names if re.match("x_(graphql|file_stream|file_transfer)_", name)}
    assert set(names) - read - by_prefix == set(names[names.index(first) :])


def test_every_setting_has_a_section():
    """The page's sections begin at existing settings, in their order."""
    names = list(document.FIELDS)
    places = [names.index(name) for name in document.SECTIONS]

    assert places == sorted(places)
    assert places[0] == 0
