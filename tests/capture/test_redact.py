"""Secrets are removed from texts, and ordinary text stays."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.capture.secrets.redact import ENVIRONMENT_CHECK_SECONDS, MARK, Redactor

if TYPE_CHECKING:
    from pathlib import Path

HEX = "0123456789abcdef" * 2 + "01234567"
NONE = Redactor({})


@pytest.mark.parametrize(
    "text",
    [
        f"key {HEX} end",
        f"local-{HEX}",
        f"wandb_v1_abcdefgh_{HEX}",
        "sk-abc12345",
        "sk-proj-Abc_12345678",
        "hf_AbCdEfGh1234",
        "ghp_abcdefgh12345678",
        "github_pat_11AAAAAAA0abcdef",
        "glpat-abcdefgh1234",
        "xoxb-12345678-abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA1234567890abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
        "Bearer abcdefgh.123456789",
        r"print('\nsk-abc12345')",
        "\x1b[1;32mghp_abcdefgh12345678\x1b[0m",
        rf"\t{HEX}",
    ],
)
def test_known_shapes_are_removed(text: str) -> None:
    """Keys of well-known services are recognized by their form, anywhere in the text."""
    secret = max(text.split(" "), key=len)
    assert MARK in NONE(f"before {text} after")
    assert secret not in NONE(f"before {text} after")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("https://me:pass-word@host/repo.git", f"https://{MARK}@host/repo.git"),
        ("postgres://db:p%40ss@h:5432/x", f"postgres://{MARK}@h:5432/x"),
        ("https://ghtokenghtokenghtoken1@host/x", f"https://{MARK}@host/x"),
        ("api_key = 'canary-1234'", f"api_key = '{MARK}'"),
        ('{"password": "hunter2hunter2"}', f'{{"password": "{MARK}"}}'),
        ('os.environ["MY_TOKEN"] = "abcd1234"', f'os.environ["MY_TOKEN"] = "{MARK}"'),
        ("def f(secret: str = 'abcd1234'): ...", f"def f(secret: str = '{MARK}'): ..."),
        ("GET /x?a=1&api_key=abcd1234&b=2", f"GET /x?a=1&api_key={MARK}&b=2"),
    ],
)
def test_texts_that_name_a_secret(text: str, redacted: str) -> None:
    """Passwords in addresses, values assigned to secret names and queries lose the secret and nothing else."""
    assert NONE(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "import sklearn; task-based risk-averse sk-learn",
        "tokenizer = 'bert-base-uncased'",
        "eos_token = '<|endoftext|>'",
        "https://host:8080/path and user@example.com and git@github.com:a/b.git",
        "max_tokens: 4096, key=value, key = lambda x: x.key",
        "loss 0.123 epoch 7 local-variable wandb_v1 hf_ AKIA",
        "d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """Words that only resemble keys stay."""
    assert NONE(text) == text


def test_values_of_the_environment(tmp_path: Path) -> None:
    """The values of secret-looking variables are replaced; short ones, paths and other variables are not."""
    environ = {
        "DB_PASSWORD": "correct horse",
        "MY_API_KEY": "plain-word-1",
        "X_TOKEN": "short",
        "SSH_KEY": str(tmp_path),
        "HOME_TOWN": "Springfield",
    }
    redact = Redactor(environ, keys=["another secret", None, ""])
    text = f"correct horse, plain-word-1, short, {tmp_path}, Springfield, another secret"
    assert redact(text) == f"{MARK}, {MARK}, short, {tmp_path}, Springfield, {MARK}"


@pytest.mark.parametrize("word", ["accuracy", "Performance", "validation", "val/loss", "best-model"])
def test_words_in_a_variable_called_key(word: str) -> None:
    """An ordinary word stays although a variable `…KEY` contains it; one in a variable `…PASSWORD` does not."""
    assert Redactor({"SORT_KEY": word})(f"the {word} improved") == f"the {word} improved"
    assert Redactor({"DB_PASSWORD": word})(f"the {word} improved") == f"the {MARK} improved"


def test_variables_set_later() -> None:
    """A later variable is a secret immediately, its new value soon, and a value seen once remains one."""
    environ = {"A_TOKEN": "first value"}
    redact = Redactor(environ)
    assert redact("first value") == MARK
    environ |= {"B_SECRET": "later value"}
    assert redact("later value") == MARK
    environ |= {"A_TOKEN": "other value"}
    until = time.monotonic() + ENVIRONMENT_CHECK_SECONDS + 5
    while redact("other value") != MARK:
        assert time.monotonic() < until
    assert redact("first value") == MARK


@pytest.mark.parametrize("before", ["%env MY_TOKEN=", "%env MY_TOKEN ", "%set_env MY_TOKEN=", "!export MY_TOKEN="])
def test_variables_set_by_command(before: str) -> None:
    """The value that a cell assigns to a secret-looking variable is removed; other variables and references stay."""
    assert NONE(f"{before}plainword") == f"{before}{MARK}"
    other = before.replace("TOKEN", "FOLDER")
    assert NONE(f"{other}plainword; {before}$HERE") == f"{other}plainword; {before}$HERE"


def test_json_text() -> None:
    """Values in JSON text lose secrets in spite of escapes and non-ASCII characters; numbers stay as they are."""
    redact = Redactor({"A_TOKEN": "pässword\n1"})
    assert json.loads(redact.json(json.dumps(["x pässword\n1", "\nsk-abc12345", {"n": 1}]))) == [
        f"x {MARK}",
        f"\n{MARK}",
        {"n": 1},
    ]
    for text in ("1.5", "NaN", "[1,2]", '{"a":1,"b":[2]}', '"plain"'):
        assert redact.json(text) == text
    assert redact.json('"correct horse"', "api_key") == f'"{MARK}"'


def test_a_secret_that_holds_another_one() -> None:
    """If one secret contains another, nothing of either remains."""
    redact = Redactor({"A_KEY": "abc12345", "B_KEY": "abc12345-ijkl"})
    assert redact("abc12345-ijkl abc12345") == f"{MARK} {MARK}"


def test_a_commit_stays() -> None:
    """The commit of the run looks like a key and stays."""
    assert Redactor({}, keep=[HEX])(f"commit {HEX}") == f"commit {HEX}"


def test_values_in_depth() -> None:
    """Config values lose secrets at any depth; everything under a secret's name is removed."""
    value = {"api_key": "canary-1", "pad_token": "[PAD]-1234", "n": 3, "deep": [{"url": "http://a:bbbbbbbb@c"}]}
    assert NONE.value(value) == {
        "api_key": MARK,
        "pad_token": "[PAD]-1234",
        "n": 3,
        "deep": [{"url": f"http://{MARK}@c"}],
    }
    assert NONE.value(("a", {"sk-abc12345": 1})) == ("a", {MARK: 1})


def test_command_lines() -> None:
    """Options that take a secret lose it in both spellings; the rest of the command line stays."""
    given_arguments = ["train.py", "--api-key", "x1", "--token=abc", "--lr", "0.1", "--token", "--fast"]
    assert NONE.arguments(given_arguments) == [
        "train.py",
        "--api-key",
        MARK,
        f"--token={MARK}",
        "--lr",
        "0.1",
        "--token",
        "--fast",
    ]


@given(st.text(), st.text(), st.integers(8, 60))
def test_no_value_survives(before: str, after: str, length: int) -> None:
    """In any context, a known secret is not in the result."""
    secret = secrets.token_urlsafe(length)[:length]
    assert secret not in Redactor({"SOME_TOKEN": secret})(before + secret + after)


@given(st.text())
def test_any_text_is_accepted(text: str) -> None:
    """No text makes the redactor fail, and a second pass changes nothing."""
    once = NONE(text)
    assert NONE(once) == once
