"""Ids, names, and the checks on names that users choose."""

from __future__ import annotations

import random

import pytest

from wandb_nb import run_names
from wandb_nb.errors import UsageError


def test_an_id_is_eight_lower_case_letters_and_digits():
    """Every id has the documented form, and ids do not repeat."""
    ids = [run_names.new_id() for _ in range(2000)]

    assert all(len(one) == 8 and set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789") for one in ids)
    assert len(set(ids)) == len(ids)


def test_ids_and_names_leave_the_users_randomness_alone():
    """A seeded program gets the same random numbers, with or without runs."""
    random.seed(7)
    expected = random.random()  # noqa: S311 - the user's own generator is the subject
    random.seed(7)
    run_names.new_id()
    run_names.new_name(1)

    assert expected == random.random()  # noqa: S311 - as above


def test_a_name_is_two_words_and_the_number():
    """The readable name has an adjective, a noun and the run's number in its project."""
    adjective, noun, number = run_names.new_name(10).split("-")

    assert adjective in run_names.ADJECTIVES
    assert noun in run_names.NOUNS
    assert number == "10"


def test_a_given_generator_makes_the_name_repeatable():
    """The same generator state gives the same name, as other tests expect."""
    assert run_names.new_name(3, random.Random(1)) == run_names.new_name(3, random.Random(1))  # noqa: S311 - no secret


def test_the_word_lists_are_long_and_free_of_repeats():
    """There are at least 150 plain lower-case words of each kind, each once."""
    for words in (run_names.ADJECTIVES, run_names.NOUNS):
        assert len(words) >= 150
        assert len(set(words)) == len(words)
        assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


@pytest.mark.parametrize("character", list("/\\#?%:"))
def test_documented_characters_are_refused_in_ids_and_projects(character):
    """The documented forbidden characters are refused with the character in the message."""
    for check in (run_names.check_id, run_names.check_project):
        with pytest.raises(UsageError) as caught:
            check(f"a{character}b")

        assert repr(character) in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "a" * 129, " a", "a ", "..", "a\nb", 5, None])
def test_unusable_ids_are_refused(text):
    """Empty, long, padded, path-like and non-text ids are refused."""
    with pytest.raises(UsageError):
        run_names.check_id(text)


def test_good_names_pass_unchanged():
    """Ordinary and foreign-language names are returned as they are."""
    assert run_names.check_id("my run-1_b") == "my run-1_b"
    assert run_names.check_project("Prüfung 1.2") == "Prüfung 1.2"
    assert run_names.check_entity("team") == "team"
    assert run_names.check_label("run name", "first try: bold") == "first try: bold"


def test_a_bare_string_of_tags_is_one_tag():
    """A string is one tag, not its letters, and repeats are dropped in order."""
    assert run_names.check_tags("abc") == ("abc",)
    assert run_names.check_tags(["b", "a", "b"]) == ("b", "a")


@pytest.mark.parametrize("tags", [[""], ["a" * 65], [1]])
def test_unusable_tags_are_refused(tags):
    """Empty, long and non-text tags are refused."""
    with pytest.raises(UsageError):
        run_names.check_tags(tags)
