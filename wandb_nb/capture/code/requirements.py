"""The packages installed in this environment, as `requirements.txt` lists them."""

from __future__ import annotations


def installed() -> list[str]:
    """Return `name==version` of every installed distribution, sorted, each name once.

    Reads the metadata of every distribution, which takes hundreds of milliseconds in a large environment: call it in a
    thread. Distributions with broken metadata are left out.
    """
    from importlib import metadata  # tens of milliseconds, and only needed here

    versions: dict[str, str] = {}
    for distribution in metadata.distributions():
        head = distribution.metadata
        if "Name" in head and "Version" in head:
            versions.setdefault(head["Name"], head["Version"])  # the first one on the path is imported
    return [f"{name}=={versions[name]}" for name in sorted(versions, key=str.lower)]
