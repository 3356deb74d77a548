"""Keys in the netrc file, by machine name; everything else in the file is preserved.

The file belongs to the user, and other programs use it. It is read leniently (a malformed entry affects only itself),
replaced as a whole, and readable by its owner only. A machine's name keeps its port ("127.0.0.1:8099").
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import StoreError
from wandb_nb.surroundings import expanded, home

_LOGIN = "user"
# A quoted text, or anything up to a blank; a comment runs to the end of its line.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\S+')
_WITH_VALUE = frozenset({"login", "account", "password"})


class NetrcEntry(NamedTuple):
    """One `machine` of the file: its position in the text, and its password."""

    machine: str
    start: int
    end: int
    password: str | None


def path() -> Path:
    """Return the path of the netrc file: `$NETRC`, else `~/.netrc`, or `~/_netrc` on Windows if only that exists."""
    if named := os.environ.get("NETRC"):
        return expanded(Path(named))
    usual, windows = home() / ".netrc", home() / "_netrc"
    return windows if os.name == "nt" and not usual.exists() else usual


def password(machine: str) -> str | None:
    """Return the password of *machine*, None if there is no file or entry. StoreError if the file is unreadable."""
    return next((entry.password for entry in _entries(_text(path())) if entry.machine == machine), None)


def store(machine: str, key: str) -> Path:
    """Store *key* as the password of *machine*; return the path of the file, which is then on disk with mode 0600."""
    target = path()
    text = _text(target)
    _replace(target, _with_entry(text, machine, f"machine {machine}\n  login {_LOGIN}\n  password {key}\n"))
    return target


def remove(machine: str) -> bool:
    """Remove *machine* from the file; return whether it was there."""
    target = path()
    text = _text(target)
    rest = _with_entry(text, machine, "") if any(entry.machine == machine for entry in _entries(text)) else None
    if rest is None:
        return False
    _replace(target, rest)
    return True


def _with_entry(text: str, machine: str, lines: str) -> str:
    """Return *text* with *lines* in place of the entries of *machine*, or at its beginning if there is none."""
    own = [entry for entry in _entries(text) if entry.machine == machine]
    for entry in reversed(own[1:]):
        text = text[: entry.start] + text[entry.end :]
    if own:
        return text[: own[0].start] + lines + text[own[0].end :]
    # At the beginning nothing can hide the entry: readers stop at `default`, and an open macro or quote continues.
    return lines + text


def _entries(text: str) -> list[NetrcEntry]:
    """Return the entries in order; that of `default` has the machine ""."""
    entries: list[NetrcEntry] = []
    position = 0
    while token := _TOKEN.search(text, position):
        position = token.end()
        word = token[0]
        if word.startswith("#"):
            position = _line_end(text, token.start())
        elif word == "macdef":  # a macro runs to the next empty line and may hold any words
            blank = re.compile(r"\n[ \t]*\n").search(text, position)
            position = blank.end() if blank else len(text)
        elif word in ("machine", "default"):
            name = _TOKEN.search(text, position) if word == "machine" else None
            position = name.end() if name else position
            entries.append(NetrcEntry(_unquoted(name[0]) if name else "", token.start(), _after(text, position), None))
        elif word in _WITH_VALUE and (value := _TOKEN.search(text, position)):
            position = value.end()
            if entries:
                secret = _unquoted(value[0]) if word == "password" else entries[-1].password
                entries[-1] = entries[-1]._replace(end=_after(text, position), password=secret)
    return entries


def _after(text: str, position: int) -> int:
    """Return the end of the line if only blanks follow *position*, else *position*."""
    end = _line_end(text, position)
    return end if not text[position:end].strip() else position


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if len(token) > 1 and token[0] == token[-1] == '"' else token


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise StoreError(f"cannot read the netrc file {file}: {error}; set WANDB_API_KEY instead") from error


def _replace(file: Path, text: str) -> None:
    target = file.resolve()  # a link into the user's dotfiles stays a link
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacement(target, private=True, durable=True) as unfinished:
            unfinished.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise StoreError(f"cannot write the netrc file {file}: {error}; set WANDB_API_KEY instead") from error
