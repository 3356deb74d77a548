"""The packages installed in this environment, as `requirements.txt` lists them."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL_PACKAGES = "logs/local_packages.json"
"""Path of the packages that no index has, below the run directory."""
_SEPARATORS = re.compile(r"[-_.]+")


def installed() -> list[str]:
    """Return `name==version` of every installed distribution, sorted, each name once and normalized.

    Names and versions are those of folders on `sys.path`. Reading the metadata of every distribution takes 50 times
    as long. Folders that cannot be read, and leftovers without metadata, are left out.
    """
    versions: dict[str, str] = {}
    for folder in sys.path:
        for name, version in _distributions(folder or os.curdir):
            versions.setdefault(name, version)  # the first one on the path is imported
    return [f"{name}=={version}" for name, version in sorted(versions.items())]


def normalized(name: str) -> str:
    """Return the name of a distribution in the one spelling that all its spellings share."""
    return _SEPARATORS.sub("-", name).lower()


def local_packages() -> dict[str, str]:
    """Return where each package comes from that was not installed from an index: a folder, file or repository."""
    addresses: dict[str, str] = {}
    for folder in sys.path:
        for path in _direct_addresses(folder or os.curdir):
            name = normalized(Path(path).parent.name.partition("-")[0])
            if name not in addresses and (address := _address(path)):
                addresses[name] = address
    return dict(sorted(addresses.items()))


def _direct_addresses(folder: str) -> Iterator[str]:
    """Yield the files in *folder* that say where a distribution was installed from, which only few have."""
    try:
        entries = os.listdir(folder)  # noqa: PTH208 -- as in `_distributions`
    except OSError:
        return
    for entry in entries:
        if entry.endswith(".dist-info") and os.path.isfile(path := f"{folder}/{entry}/direct_url.json"):  # noqa: PTH113 -- as there
            yield path


def _address(path: str) -> str:
    """Return the address in a `direct_url.json`; empty if it has none."""
    try:
        content = json.loads(Path(path).read_bytes())
        commit = content.get("vcs_info", {}).get("commit_id")
        note = " (editable)" if content.get("dir_info", {}).get("editable") else ""
        return f"{content['url']}{f'@{commit}' if commit else ''}{note}"
    except (OSError, ValueError, KeyError, AttributeError):
        return ""


def _distributions(folder: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of each distribution in *folder*."""
    try:
        entries = os.listdir(folder)  # noqa: PTH208 -- pathlib takes several times as long
    except OSError:  # a zip file, or no such folder
        return
    for entry in entries:
        stem, kind = os.path.splitext(entry)  # noqa: PTH122 -- as above
        name, _, rest = stem.partition("-")
        version = rest.partition("-")[0]  # an egg's is followed by that of Python
        if not version or name.startswith("~"):  # what an interrupted installation leaves behind
            continue
        if kind == ".egg-info" or (kind == ".dist-info" and os.path.isfile(f"{folder}/{entry}/METADATA")):  # noqa: PTH113 -- as above
            yield normalized(name), version
