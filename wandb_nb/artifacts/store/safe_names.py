"""Any text as the name of a file or folder: readable where it is harmless, and never one that leads elsewhere."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

_EMPTY = "%"  # no other name is: a percent sign of the text becomes "%25"
_MAX_NAME = 120
_DIGEST_DIGITS = 24


def safe_name(text: str) -> str:
    """Return *text* as a file name; different texts have different names, also where case does not matter."""
    name = quote(text, safe=" ", errors="backslashreplace")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) <= _MAX_NAME and text == text.lower():
        return name or _EMPTY
    digest = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGEST_DIGITS]
    return f"{name[:_MAX_NAME]}%{digest}"
