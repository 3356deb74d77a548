"""Taking keys, tokens and passwords out of text before it is stored.

Two things are known: the values of the user's secret-looking environment variables, and what secrets look like.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.secrets.secret_patterns import MARK, SHORTEST, is_secret_name, without_shapes
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOOK_EVERY_S = 0.1
"""How often the environment is searched again."""
_OPTION = re.compile(r"(?i)(--?[\w-]*(?:api-?key|key|token|secret|password|passwd))(?:=(.*))?")
_TEXT_ENDS = re.compile(r'"(?:[\]},]|$)')  # in JSON as `to_json` writes it; a name ends with a colon
# Among config keys, `token` and `key` alone are more often words of a model than secrets.
_CREDENTIAL = re.compile(r"(?i)api|access|auth|secret|private|passw|passphrase|pwd|credential|account|hf_|bearer|_pat$")


class Redactor:
    """Takes the secrets of this process out of texts; safe to call from any thread.

    *environ* is searched for variables whose names end like a secret's (`…KEY`, `…TOKEN`, `…SECRET`, `…PASSWORD`), and
    searched again as it changes: at once for a new variable, a tenth of a second later for a new value.  A value once
    seen stays a secret.  *keys* are secrets known otherwise.  Values below eight characters, and those that are the
    path of a file, stay.  *keep* holds texts of a key's shape that are none, such as the commit of the run.
    """

    def __init__(self, environ: Mapping[str, str], keys: Iterable[str | None] = (), keep: Iterable[str] = ()) -> None:
        self._environ, self._variables, self._look_at = environ, -1, 0.0
        self._seen: set[str] = set()
        self._values: list[str] = []
        self._keep = frozenset(keep)
        self._learn(key for key in keys if key)

    def __call__(self, text: str) -> str:
        """Return *text* with every secret replaced by `[redacted]`.  Costs 20 to 100 ns a character."""
        if len(self._environ) != self._variables or monotonic() >= self._look_at:
            self._look()
        for value in self._values:
            if value in text:
                text = text.replace(value, MARK)
        return without_shapes(text, self._keep.__contains__)

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
        self._learn(self._environ.get(name, "") for name in list(self._environ) if is_secret_name(name))

    def _learn(self, values: Iterable[str]) -> None:
        new = {value.strip() for value in values} - self._seen
        if not new:
            return
        self._seen |= new
        found = {value for value in new if len(value) >= SHORTEST and not _is_path(value)}
        self._values = sorted({*self._values, *found}, key=len, reverse=True)  # a secret may hold another one


def _is_path(value: str) -> bool:
    try:
        return value.startswith(("/", "~")) and Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long, no home, or a zero byte: no path
        return False
