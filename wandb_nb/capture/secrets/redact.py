"""Replaces keys, tokens and passwords in what is stored.

A secret is recognised by its value, when an environment variable holds it, by its form, or by its name.
"""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.secrets.addresses import without_passwords
from wandb_nb.capture.secrets.assignments import without_named_values
from wandb_nb.capture.secrets.commands import without_command_secrets
from wandb_nb.capture.secrets.headers import without_header_secrets
from wandb_nb.capture.secrets.key_blocks import without_private_keys
from wandb_nb.capture.secrets.known_keys import MARK, without_known_keys
from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern
from wandb_nb.capture.secrets.secret_names import Likelihood, is_secret_variable, likelihood, names_a_hash
from wandb_nb.capture.secrets.secret_values import MIN_LENGTH, is_secret, is_uncommon
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ENVIRONMENT_CHECK_SECONDS = 0.1
_OPTION = lazy_pattern(r"(?i)(--?[\w-]*(?:key|token|secret|password|passwd))(?:=(.*))?")
_TEXT_ENDS = lazy_pattern(r'"(?:[\]},]|$)')  # in JSON as `to_json` writes it; a name ends with a colon
_HASH_SIZE = 40
_HEX_NUMBER = lazy_pattern("[0-9a-f]+\\Z")


class Redactor:
    """Replaces the secrets in texts by `[redacted]`; safe to call from any thread.

    The values of variables in *environ* whose names end like a secret's (`…KEY`, `…TOKEN`, `…SECRET`, `…PASSWORD`) are
    secrets: of a new variable at once, a new value of one that was there a tenth of a second later. A value stays a
    secret when its variable changes. *keys* are further secrets. Values of fewer than eight characters, paths of files,
    and ordinary words in a variable `…KEY` are not secrets. *keep* holds what has the form of a key but is not one,
    such as the commit of the run.
    """

    def __init__(self, environ: Mapping[str, str], keys: Iterable[str | None] = (), keep: Iterable[str] = ()) -> None:
        self._environ, self._variables, self._next_check = environ, -1, 0.0
        self._seen: set[str] = set()
        self._values: list[str] = []
        self._keep = frozenset(keep)
        self._learn(key for key in keys if key)

    def __call__(self, text: str) -> str:
        """Return *text* with every secret replaced. Costs about 100 ns per character and 4 µs per secret."""
        if len(self._environ) != self._variables or monotonic() >= self._next_check:
            self._read_environment()
        for value in self._values:
            if value in text:
                text = text.replace(value, MARK)
        if len(text) < MIN_LENGTH:
            return text
        text = without_header_secrets(without_passwords(without_private_keys(text)))
        text = without_known_keys(text, self._keep.__contains__)
        return without_command_secrets(without_named_values(text))

    def value(self, value: Any, name: str = "") -> Any:
        """Return a plain value with the texts in it redacted, containers in depth; others come back as they are.

        *name* is what the value is called, with dots between the names of nested values. A text is replaced as a whole
        if its name and its form show that it is a secret. Names that are secrets are replaced too.
        """
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, dict):
            return {
                self(key) if isinstance(key, str) else key: self.value(inner, f"{name}.{key}" if name else str(key))
                for key, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            clean = [self.value(inner, name) for inner in value]
            return tuple(clean) if isinstance(value, tuple) else clean
        return value

    def json(self, text: str, name: str = "") -> str:
        """Return the JSON *text* of a value called *name* with the texts in it redacted."""
        if '"' not in text or not _TEXT_ENDS.search(text) or text.startswith('{"_type":"histogram"'):
            return text  # numbers and their names only
        value = json.loads(text)
        clean = self.value(value, name)
        return text if clean == value else to_json(clean, name)

    def arguments(self, arguments: Sequence[str]) -> list[str]:
        """Return a command line without its secrets: also `--token X` and `--token=X` of any form."""
        redacted: list[str] = []
        previous = ""
        for argument in arguments:
            option = _OPTION.fullmatch(argument)
            if previous and not argument.startswith("-"):
                redacted.append(MARK if _is_option_value(previous, argument) else self(argument))
            elif option and option[2] and _is_option_value(option[1], option[2]):
                redacted.append(f"{option[1]}={MARK}")
            else:
                redacted.append(self(argument))
            previous = option[1] if option and option[2] is None else ""
        return redacted

    def _text(self, text: str, name: str) -> str:
        if len(text) < MIN_LENGTH:
            return self(text)
        if is_secret(text, likelihood(name)):
            return MARK
        is_hash = len(text) == _HASH_SIZE and names_a_hash(name) and _HEX_NUMBER.match(text)
        return text if is_hash else self(text)

    def _read_environment(self) -> None:
        """Learn the secrets that the environment holds now."""
        self._variables, self._next_check = len(self._environ), monotonic() + ENVIRONMENT_CHECK_SECONDS
        variables = [(name, self._environ.get(name, "")) for name in list(self._environ) if is_secret_variable(name)]
        self._learn(value for name, value in variables if not _is_word(name, value.strip()))

    def _learn(self, values: Iterable[str]) -> None:
        new = {value.strip() for value in values} - self._seen
        if not new:
            return
        self._seen |= new
        secrets = {value for value in new if len(value) >= MIN_LENGTH and not _is_file(value)}
        self._values = sorted({*self._values, *secrets}, key=len, reverse=True)  # a secret may contain another one


def _is_option_value(option: str, value: str) -> bool:
    """Return whether *value* is the secret of a command-line *option*; `--key` and `--sort-key` often take a word."""
    is_key = option.lower().endswith("key") and likelihood(option.lstrip("-")) < Likelihood.CERTAIN
    return not is_key or is_uncommon(value)


def _is_word(name: str, value: str) -> bool:
    """Return whether a variable called `…KEY` holds an ordinary word rather than a secret."""
    if not name.upper().endswith("KEY"):
        return False
    is_plain = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    return is_plain or (likelihood(name) < Likelihood.CERTAIN and not is_uncommon(value))


def _is_file(value: str) -> bool:
    try:
        return value.startswith(("/", "~")) and Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long, no home, or a zero byte
        return False
