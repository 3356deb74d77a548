"""The packages installed in this environment, as `requirements.txt` lists them."""

from __future__ import annotations


def installed() -> list[str]:
    """Return `name==version` of every installed distribution, sorted, each name once.

    Reads every distribution's metadata, some hundred milliseconds in a large environment: call it off the
    main path.  A distribution whose metadata is broken is left out.
    """
    from importlib import metadata  # tens of milliseconds, and only needed here

    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        head = distribution.metadata
        if "Name" in head and "Version" in head:
            found.setdefault(head["Name"], head["Version"])  # the first one on the path is the one that gets imported
    return [f"{name}=={found[name]}" for name in sorted(found, key=str.lower)]
