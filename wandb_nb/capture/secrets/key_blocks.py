"""Private keys in text form: PEM (encrypted too), OpenSSH, PGP and PuTTY."""

from __future__ import annotations

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern

_BEGIN = lazy_pattern(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = lazy_pattern(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_CUT_SHORT = lazy_pattern(r"(?:[A-Za-z0-9+/=\s\\]|[\w\-]{1,40}: [^\n\\]*)*")
_MAX_BLOCK = 32_000
_PUTTY = lazy_pattern(r"(Private-Lines: [0-9]{1,4})(?:\r?\n[A-Za-z0-9+/=]+)+")


def without_private_keys(text: str) -> str:
    """Return *text* with every private key replaced by `[redacted]`; of one that is cut short, all that is there."""
    if "PRIVATE KEY" in text:
        text = _without_blocks(text)
    return _PUTTY.sub(rf"\1\n{MARK}", text) if "Private-Lines: " in text else text


def _without_blocks(text: str) -> str:
    parts: list[str] = []
    at = 0
    has_end = True
    while begin := _BEGIN.search(text, at):
        end = _END.search(text, begin.end()) if has_end else None
        has_end = end is not None
        if end is None or end.start() - begin.end() > _MAX_BLOCK:
            end = _CUT_SHORT.match(text, begin.end())
        parts += (text[at : begin.start()], MARK)
        at = end.end() if end else begin.end()
    return "".join((*parts, text[at:]))
