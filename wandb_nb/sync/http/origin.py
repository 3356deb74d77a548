"""Which addresses belong to one server: credentials are sent to these only."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


def is_same_origin(url: str, base_url: str) -> bool:
    """Return whether both addresses have the same scheme, host and port; False for what is not an address."""
    try:
        origin = _origin(urlsplit(url))
        return origin[0] in _PORTS and origin == _origin(urlsplit(base_url))
    except ValueError:
        return False


def may_redirect(url: str, location: str) -> bool:
    """Return whether a request for *url* may continue at *location*: any server, but never from HTTPS to HTTP."""
    try:
        old, new = urlsplit(url), urlsplit(location)
    except ValueError:
        return False
    return bool(new.hostname) and (new.scheme == "https" or (new.scheme == "http" and old.scheme == "http"))


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
