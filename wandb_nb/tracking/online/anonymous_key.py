"""The key of an anonymous account, for runs that must not belong to an account, or whose user has none.

It is kept in a private file of the user's data folder, one for each server, so that later runs have the same account.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.atomic_file import replacement
from wandb_nb.credentials import find_key
from wandb_nb.store.runs.registry import Registry
from wandb_nb.sync.background import launch
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved

MAX_BYTES = 1 << 20
SOURCE = "anonymous account"
"""Where the key comes from, for settings with one."""
_servers_without: set[str] = set()
"""Servers that gave this process no account."""


def with_anonymous_key(settings: Resolved) -> Resolved:
    """Return *settings* with the key of an anonymous account if they want one and the server gives it."""
    is_wanted = settings.anonymous == "must" or (settings.anonymous == "allow" and find_key(settings) is None)
    if settings.mode not in ("online", "shared") or not is_wanted:
        return settings
    keys = _stored_keys()
    key = keys.get(settings.base_url) or _new_key(settings)
    if not key:
        return settings
    if key != keys.get(settings.base_url):
        _store({**keys, settings.base_url: key})
    return settings.replace(SOURCE, api_key=key)


def _new_key(settings: Resolved) -> str:
    if settings.base_url in _servers_without:
        return ""
    key = launch.create_anonymous_account(settings)
    if not key:
        _servers_without.add(settings.base_url)
    return key


def _file() -> Path:
    return Registry().folder / "anonymous.json"


def _stored_keys() -> dict[str, str]:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(read_file(_file(), MAX_BYTES))
        if isinstance(content, dict):
            return {server: key for server, key in content.items() if isinstance(key, str)}
    return {}


def _store(keys: dict[str, str]) -> None:
    with suppress(OSError):  # the next program gets another account
        _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with replacement(_file()) as unfinished:
            unfinished.touch(0o600)
            unfinished.write_text(json.dumps(keys), "utf-8")
