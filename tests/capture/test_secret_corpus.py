"""The rate of secrets found and of harmless texts left alone, over several hundred each."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from secret_corpus import Text, negatives, positives

from wandb_nb.capture.secrets.redact import MARK, Redactor

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = REPOSITORY / "docs" / "captured.md"
_SPEC = importlib.util.spec_from_file_location("bench_redact", REPOSITORY / "benchmarks" / "bench_redact.py")
assert _SPEC is not None
assert _SPEC.loader is not None
bench_redact = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(bench_redact)
REDACT = Redactor({})
SEEDS = range(10, 20)
MIN_RECALL, MIN_PRECISION = 0.99, 0.99
PART = 8
"""Characters of a secret that must not be left over."""


def redacted(text: Text) -> str:
    """Return *text* as it is stored."""
    return REDACT.value(text.text, text.name) if text.name else REDACT(text.text)


def is_missed(text: Text) -> bool:
    """Return whether a part of the secret in *text* remains."""
    stored, size = redacted(text), min(PART, len(text.secret))
    return any(text.secret[at : at + size] in stored for at in range(len(text.secret) - size + 1))


def is_spoiled(text: Text) -> bool:
    """Return whether the harmless *text* was changed."""
    return redacted(text) != text.text


def test_the_corpus_is_large_enough() -> None:
    """There are at least two hundred different texts of each kind."""
    assert len({text[:] for text in positives()}) >= 200
    assert len({text[:] for text in negatives()}) >= 200


@pytest.mark.parametrize("seed", SEEDS)
def test_secrets_are_found(seed: int) -> None:
    """Nearly all secrets are removed completely, for any random characters."""
    missed = [text for text in positives(seed) if is_missed(text)]
    assert len(missed) <= (1 - MIN_RECALL) * len(positives(seed)), missed


@pytest.mark.parametrize("seed", SEEDS)
def test_harmless_texts_stay(seed: int) -> None:
    """Nearly all texts without a secret stay unchanged."""
    spoiled = [(text, redacted(text)) for text in negatives(seed) if is_spoiled(text)]
    assert len(spoiled) <= (1 - MIN_PRECISION) * len(positives(seed)), spoiled


def test_figures_of_the_document() -> None:
    """The document states the rates measured here."""
    removed = sum(not is_missed(text) for text in positives())
    spoiled = sum(map(is_spoiled, negatives()))
    document = " ".join(DOCUMENT.read_text("utf-8").split())
    stated = re.search(
        r"Of (\d+) texts with a secret, (\d+) lose it \(recall ([\d.]+) %\); "
        r"of (\d+) harmless texts, (\d+) are changed \(precision ([\d.]+) %\)",
        document,
    )
    assert stated is not None
    recall, precision = removed / len(positives()), removed / (removed + spoiled)
    figures = len(positives()), removed, f"{100 * recall:.1f}", len(negatives()), spoiled, f"{100 * precision:.1f}"
    assert stated.groups() == tuple(map(str, figures))


@pytest.mark.parametrize("text", ["commit {}", "HEAD is now at {}", "https://example.com/tree/{}/a", "{}  model.pt"])
def test_only_the_commit_stays(text: str) -> None:
    """A commit stays because of the words around it; the same digits elsewhere in the text are a key."""
    digits = "0123456789abcdef0123456789abcdef01234567"
    assert REDACT(f"{text.format(digits)}\nand {digits}") == f"{text.format(digits)}\nand {MARK}"


def test_every_missed_form_and_wrong_hit_is_in_the_corpus() -> None:
    """The texts that an earlier version got wrong are in the corpus."""
    harmless = {text.text for text in negatives()}
    assert {"hf_modelname", "{'token': 'beginning'}", "http://10:30@noon", "key: 'val/loss'"} <= harmless
    secret = " ".join(text.text for text in positives())
    for form in ("machine api", "AccountKey", "Basic ", "token ", "X-Api-Key", "hooks.slack", "xapp-", "Proc-Type"):
        assert form in secret


@pytest.mark.parametrize("unit", bench_redact.UNITS.values(), ids=bench_redact.UNITS)
def test_time_is_in_proportion(unit: str) -> None:
    """Adversarial texts of 200 kB are processed in time; quadratic patterns would take minutes."""
    text = unit * (200_000 // len(unit))
    assert len(REDACT(text)) <= len(text) * len(MARK)


def test_importing_the_package_compiles_no_pattern() -> None:
    """`import wandb_nb` compiles none of the rules, which takes ten milliseconds; a thread does it after `init()`."""
    source = """
import wandb_nb
from wandb_nb.capture.secrets import lazy_pattern
def compiled(): return ["search" in vars(pattern) for pattern in lazy_pattern._patterns]
print(len(compiled()) > 40, any(compiled()))
lazy_pattern.compile_patterns()
print(all(compiled()))
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"]
