"""Types of settings: each `ValueType` converts input to one plain value.

`parse` converts values from Python code, `from_text` text from an environment variable or a settings file. They differ
only for lists, which are comma-separated as text, while a string from code is one item. Both raise ValueError with the
rest of a sentence that begins with the setting's name ("must be ..., not ...").
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from wandb_nb.formatting import parse_size
from wandb_nb.surroundings import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

_MAX_REPR = 40
_TRUE = frozenset({"true", "1", "yes", "on", "t", "y"})
_FALSE = frozenset({"false", "0", "no", "off", "f", "n"})


class ValueType(Generic[T]):
    """One type of value: its name for messages, and its conversion from code and from text."""

    def __init__(self, name: str, parse: Callable[[Any], T], from_text: Callable[[str], T] | None = None) -> None:
        self.name = name
        self.parse = parse
        self.from_text = from_text or parse


class Moment(NamedTuple):
    """A step of a run, written "id?_step=N", from which `resume_from` and `fork_from` continue."""

    run_id: str
    step: int

    def __str__(self) -> str:
        return f"{self.run_id}?_step={self.step}"


def choice(*names: Word, **spellings: Word) -> ValueType[Word]:
    """Return the type of one word out of *names*; *spellings* maps further words to these."""

    def parse(value: Any) -> Word:
        word = value.strip().lower() if isinstance(value, str) else str(value).lower()
        name = spellings.get(word) or next((name for name in names if name == word), None)
        if name is None:
            raise ValueError(f"must be one of {', '.join(names)}, not {_shortened(value)}")
        return name

    return ValueType(f"one of {', '.join(names)}", parse)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {type(value).__name__}")  # noqa: TRY004 -- one error for all types
    return value


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower() if isinstance(value, (bool, int, str)) else ""
    if word not in _TRUE | _FALSE:
        raise ValueError(f"must be true or false, not {_shortened(value)}")
    return word in _TRUE


def _number(value: Any) -> float:
    try:
        number = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(f"must be a number, zero or more, not {_shortened(value)}")
    return number


def _count(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(f"must be a whole number, not {_shortened(value)}")
    return int(number)


def _size(value: Any) -> int:
    return parse_size(value) if isinstance(value, str) else _count(value)


def _path(value: Any) -> Path:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ValueError(f"must be a path, not {_shortened(value)}")
    return expanded(Path(os.fspath(value)))


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"must be a list of texts, not {_shortened(value)}")
    return tuple(sorted(value)) if isinstance(value, (set, frozenset)) else tuple(value)


def _comma_list(text: str) -> tuple[str, ...]:
    return tuple(word for word in map(str.strip, text.split(",")) if word)


def _paths(value: Any) -> tuple[Path, ...]:
    return tuple(map(_path, value if isinstance(value, (list, tuple)) else (value,)))


def _text_map(value: Any) -> Mapping[str, str]:
    # The value may hold credentials (headers, proxies): no message shows it.
    entries = _json(value) if isinstance(value, str) else value
    if not isinstance(entries, dict) or not all(isinstance(part, str) for pair in entries.items() for part in pair):
        raise ValueError("must be a mapping of texts to texts (JSON, where it is written as text)")
    return dict(entries)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON: {error.msg}, at character {error.pos}") from None


def _json_words(text: str) -> tuple[str, ...]:
    return _words(_json(text)) if text.lstrip().startswith("[") else _comma_list(text)


def _url(value: Any) -> str:
    from urllib.parse import urlsplit  # only if a server is given

    parts = urlsplit(_text(value).strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://host.example or http://localhost:8080")
    if parts.username or parts.password:
        raise ValueError("must not contain a user name or key; log in with login() instead")
    return parts.geturl().rstrip("/")


def _resume(value: Any) -> str | None:
    # False means "do not continue" and overrides a lower source; any other word is an id to continue (an older form).
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
        return "auto" if _boolean(value) else None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be allow, must, never, auto, True, or the id of a run, not {_shortened(value)}")
    return value


def _moment(value: Any) -> Moment:
    if isinstance(value, Moment):
        return value
    run_id, mark, step = value.partition("?_step=") if isinstance(value, str) else ("", "", "")
    if not (run_id and mark and step.isascii() and step.isdigit()):
        raise ValueError(f'must have the form "id?_step=N" with N a step of that run, not {_shortened(value)}')
    return Moment(run_id, int(step))


def _magic(value: Any) -> bool | Mapping[str, Any] | str:
    if isinstance(value, (bool, dict)):
        return value
    text = _text(value).strip()
    return _boolean(text) if text.lower() in _TRUE | _FALSE else text


def _shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_REPR else text[:_MAX_REPR] + "..."


anything: ValueType[object] = ValueType("any value", lambda value: value)
text = ValueType("text", _text)
boolean = ValueType("true or false", _boolean)
seconds = ValueType("seconds", _number)
count = ValueType("whole number", _count)
size = ValueType("bytes, or a size such as 10GB", _size)
path = ValueType("path", _path)
paths = ValueType("list of paths", _paths, lambda line: _paths(_comma_list(line)))
words = ValueType("list of texts", _words, _comma_list)
arguments = ValueType("list of texts", _words, _json_words)
text_map = ValueType("mapping of texts", _text_map)
url = ValueType("address", _url)
moment = ValueType('"id?_step=N"', _moment)
resume = ValueType("allow, must, never, auto, or a run id", _resume)
magic = ValueType("true, false, options, or the name of a YAML file", _magic)
mode: ValueType[Literal["online", "offline", "disabled", "shared"]] = choice(
    "online", "offline", "disabled", "shared", run="online", dryrun="offline"
)
reinit: ValueType[Literal["default", "return_previous", "finish_previous", "create_new"]] = choice(
    "default",
    "return_previous",
    "finish_previous",
    "create_new",
    true="finish_previous",
    false="return_previous",
)
saved_media: ValueType[Literal["steps", "newest", "off"]] = choice("steps", "newest", "off")
rerun: ValueType[Literal["new", "resume", "replace"]] = choice("new", "resume", "replace")
anonymous: ValueType[Literal["never", "allow", "must"]] = choice("never", "allow", "must", true="allow", false="never")
start_method: ValueType[Literal["process", "thread", "fork", "spawn", "forkserver"]] = choice(
    "process", "thread", "fork", "spawn", "forkserver"
)
console: ValueType[Literal["auto", "off", "wrap", "redirect"]] = choice(
    "auto", "off", "wrap", "redirect", wrap_raw="wrap", wrap_emu="wrap", iowrap="wrap"
)
store_error: ValueType[Literal["warn", "raise"]] = choice("warn", "raise")
