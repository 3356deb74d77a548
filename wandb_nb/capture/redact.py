"""Taking keys, tokens and passwords out of text before it is stored.

Three things are known: what keys of well-known services look like, which values the user's secret-looking environment
variables have, and where a text names a secret itself (`password = "…"`, `https://user:password@host`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from wandb_nb.store.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MARK = "[redacted]"
SHORTEST = 8
"""Shorter values are words of everyday text: taking them out would spoil more than it hides."""
LOOK_EVERY_S = 1.0
"""How often the environment is searched again."""

_SECRET_NAME = re.compile(
    r"(?i)(?:^|[_\-.])(?:(?:api|access|secret|private|auth|account|encryption|signing)_?key(?:_id)?|key|token|secret|"
    r"password|passwd|passphrase|pwd|credentials?|pat)$|apikey$"
)
_NAMED = r"(?:api_?key|access_?key|secret_?key|private_?key|auth_?key|token|secret|password|passwd|passphrase)"
_KEY = r"[A-Za-z0-9_\-]"

# Each pattern with a text that every match contains, which is found far faster than the pattern.
_SHAPES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (hint, re.compile(pattern), replacement)
    for hint, pattern, replacement in (
        ("wandb_v1_", rf"\bwandb_v1_{_KEY}{{8,}}", MARK),
        ("local-", rf"\blocal-{_KEY}{{40,}}", MARK),
        ("sk-", rf"\bsk-(?={_KEY}*\d){_KEY}{{8,}}", MARK),
        ("hf_", r"\bhf_[A-Za-z0-9]{8,}", MARK),
        ("gh", r"\bgh[pousr]_[A-Za-z0-9]{8,}", MARK),
        ("github_pat_", r"\bgithub_pat_\w{8,}", MARK),
        ("glpat-", rf"\bglpat-{_KEY}{{8,}}", MARK),
        ("xox", rf"\bxox[abeoprs]-{_KEY}{{8,}}", MARK),
        ("AKIA", r"\bAKIA[0-9A-Z]{8,}", MARK),
        ("ASIA", r"\bASIA[0-9A-Z]{12,}", MARK),
        ("AIza", rf"\bAIza{_KEY}{{8,}}", MARK),
        ("ya29.", rf"\bya29\.{_KEY}{{8,}}", MARK),
        ("pypi-", rf"\bpypi-{_KEY}{{40,}}", MARK),
        ("npm_", r"\bnpm_[A-Za-z0-9]{20,}", MARK),
        ("_live_", rf"\b[sr]k_live_{_KEY}{{8,}}", MARK),
        ("eyJ", rf"\beyJ{_KEY}{{8,}}\.{_KEY}{{8,}}\.{_KEY}*", MARK),
        ("PRIVATE KEY-", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?", MARK),
        ("://", r"(?<=://)[^\s/@:'\"]*:[^\s/@'\"]+(?=@)", MARK),
        ("://", rf"(?<=://){_KEY}{{20,}}(?=@)", MARK),
        ("earer ", r"(?<=earer )[A-Za-z0-9_\-.=+/]{8,}", MARK),
    )
)
_TEXT_ENDS = re.compile(r'"(?:[\]},]|$)')  # in JSON as `to_json` writes it; a name ends with a colon
_HEX_KEY = re.compile(r"\b[0-9a-f]{40}\b")
_ASSIGNED = re.compile(
    rf"(?i)({_NAMED}['\"\])]*(?:\s*:\s*[A-Za-z. |\[\]]+)?\s*[:=]\s*[rbuf]*(['\"]))[^\s'\"<>\[\]{{}}|]{{8,}}(?=\2)"
)
_EXPORTED = re.compile(
    r"((?:%(?:set_)?env|\bexport|\bsetenv)\s+(\w+)\s*[=\s]\s*)([^\s'\"$]{8,})"  # $NAME is no value
)
_QUERIED = re.compile(rf"(?i)([?&]{_NAMED}=)[^&\s\"'#<>]{{8,}}")
_NAME_HINT = re.compile(r"(?i)key|token|secret|passw|passphrase")
_OPTION = re.compile(r"(?i)(--?[\w-]*(?:api-?key|key|token|secret|password|passwd))(?:=(.*))?")


class Redactor:
    """Takes the secrets of this process out of texts; safe to call from any thread.

    *environ* is searched for variables whose names end like a secret's (`…KEY`, `…TOKEN`, `…SECRET`, `…PASSWORD`), and
    searched again as it changes: at once for a new variable, within a second for a new value.  A value once seen stays
    a secret.  *keys* are secrets known otherwise.  Values below eight characters, and those that are the path of a
    file, stay.  *keep* holds texts of a key's shape that are none, such as the commit of the run.
    """

    def __init__(self, environ: Mapping[str, str], keys: Iterable[str | None] = (), keep: Iterable[str] = ()) -> None:
        self._environ, self._variables, self._look_at = environ, -1, 0.0
        self._seen: set[str] = set()
        self._values: list[str] = []
        self._keep = frozenset(keep)
        self._learn(key for key in keys if key)

    def __call__(self, text: str) -> str:
        """Return *text* with every secret replaced by `[redacted]`.  Costs 30 to 150 ns a character."""
        if len(self._environ) != self._variables or monotonic() >= self._look_at:
            self._look()
        for value in self._values:
            if value in text:
                text = text.replace(value, MARK)
        for hint, pattern, replacement in _SHAPES:
            if hint in text:
                text = pattern.sub(replacement, text)
        if len(text) >= SHORTEST and _NAME_HINT.search(text):
            text = _QUERIED.sub(rf"\1{MARK}", _ASSIGNED.sub(rf"\1{MARK}", text))
            text = _EXPORTED.sub(_exported, text)
        return _HEX_KEY.sub(self._hex, text)

    def value(self, value: Any, name: str = "") -> Any:
        """Return a plain value with the texts in it redacted, containers in depth; others come back as they are.

        A text filed under a secret's name goes altogether; a name that is a secret itself goes too.
        """
        if isinstance(value, str):
            return MARK if len(value) >= SHORTEST and is_secret_name(name) and _CREDENTIAL.search(name) else self(value)
        if isinstance(value, dict):
            return {
                self(key) if isinstance(key, str) else key: self.value(inner, str(key)) for key, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            clean = [self.value(inner, name) for inner in value]
            return tuple(clean) if isinstance(value, tuple) else clean
        return value

    def json(self, text: str, name: str = "") -> str:
        """Return the JSON *text* of a value filed under *name* with the texts in it redacted."""
        if '"' not in text or not _TEXT_ENDS.search(text) or text.startswith('{"_type":"histogram"'):
            return text  # numbers and their names only
        value = json.loads(text)
        clean = self.value(value, name)
        return text if clean == value else to_json(clean, name)

    def arguments(self, arguments: Sequence[str]) -> list[str]:
        """Return a command line without its secrets: also `--token X` and `--token=X` of any form."""
        redacted: list[str] = []
        hide_next = False
        for argument in arguments:
            option = _OPTION.fullmatch(argument)
            if hide_next and not argument.startswith("-"):
                redacted.append(MARK)
            elif option and option[2]:
                redacted.append(f"{option[1]}={MARK}")
            else:
                redacted.append(self(argument))
            hide_next = option is not None and option[2] is None
        return redacted

    def _look(self) -> None:
        """Learn what the environment holds now."""
        self._variables, self._look_at = len(self._environ), monotonic() + LOOK_EVERY_S
        self._learn(value for name, value in list(self._environ.items()) if is_secret_name(name))

    def _learn(self, values: Iterable[str]) -> None:
        new = {value.strip() for value in values} - self._seen
        if not new:
            return
        self._seen |= new
        found = {value for value in new if len(value) >= SHORTEST and not _is_path(value)}
        self._values = sorted({*self._values, *found}, key=len, reverse=True)  # a secret may hold another one

    def _hex(self, match: re.Match[str]) -> str:
        return match[0] if match[0] in self._keep else MARK


# Among config keys, `token` and `key` alone are more often words of a model than secrets.
_CREDENTIAL = re.compile(r"(?i)api|access|auth|secret|private|passw|passphrase|pwd|credential|account|hf_|bearer|_pat$")


def is_secret_name(name: str) -> bool:
    """Tell whether a variable of that name usually holds a secret."""
    return _SECRET_NAME.search(name) is not None


def _exported(match: re.Match[str]) -> str:
    return f"{match[1]}{MARK}" if is_secret_name(match[2]) else match[0]


def _is_path(value: str) -> bool:
    try:
        return value.startswith(("/", "~")) and Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long, no home, or a zero byte: no path
        return False
