"""What browsers may do with the server's answers, and which requests of browsers it accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request

_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    "media-src blob:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
NO_STORE = {"Cache-Control": "no-store"}
# An uploaded file that a browser opens directly stays harmless: no scripts, no forms, no access to this origin.
SANDBOX = "sandbox; default-src 'none'"
FILE_HEADERS = {
    "Content-Security-Policy": SANDBOX,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}


def content_policy(nonce: str | None = None) -> str:
    """Return the Content-Security-Policy of a page: its own scripts and styles, and style elements with *nonce*."""
    styles = "style-src 'self'" + (f" 'nonce-{nonce}'" if nonce else "")
    return "; ".join((*_RULES, styles))


def is_own_request(request: Request) -> bool:
    """Whether the request names one of the server's own hosts and does not come from another site's page.

    Other names that resolve to this machine (DNS rebinding) would let their pages read from here.
    """
    hosts: frozenset[str] = request.app.state.hosts
    if _host_name(f"//{request.headers.get('host', '')}") not in hosts:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers["host"]


def _host_name(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
