"""What a browser may do with the server's answers."""

from __future__ import annotations

_RULES = (
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
# What was uploaded and opens in a browser by itself stays harmless: no scripts, no forms, nothing of this origin.
SANDBOX = "sandbox; default-src 'none'"


def content_policy(nonce: str | None = None) -> str:
    """Return the Content-Security-Policy of a page: its own scripts and styles, and style elements with *nonce*."""
    styles = "style-src 'self'" + (f" 'nonce-{nonce}'" if nonce else "")
    return "; ".join((*_RULES, styles))
