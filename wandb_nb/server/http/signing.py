"""`Signer`: texts that only this server can have made, until a given time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Signer:
    """Signs with *secret*; *clock* gives unix seconds."""

    def __init__(self, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock

    def sign(self, purpose: str, facts: list[Any], seconds: float) -> str:
        """Return a text, fit for URLs and cookies, that gives *facts* back for *seconds*."""
        payload = _text(json.dumps([purpose, int(self._clock() + seconds), facts]).encode())
        return f"{payload}.{_text(self._mac(payload))}"

    def read(self, purpose: str, signed: str) -> list[Any] | None:
        """Return the facts of *signed*; None where it is forged, too old, or made for another purpose."""
        payload, _, mac = signed.partition(".")
        if not hmac.compare_digest(_text(self._mac(payload)), mac.encode("ascii", "replace").decode()):
            return None
        made_for, until, facts = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return list(facts) if made_for == purpose and self._clock() < until else None

    def _mac(self, payload: str) -> bytes:
        return hmac.digest(self._secret, payload.encode("utf-8", "backslashreplace"), hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
