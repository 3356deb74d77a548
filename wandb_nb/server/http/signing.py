"""`Signer`: signed values for URLs and cookies, by itsdangerous."""

from __future__ import annotations

from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer


class Signer:
    """Signs with *secret*. A value signed for one purpose is not valid for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, purpose: str, values: list[Any]) -> str:
        """Return *values* as a signed text with the present time, fit for URLs and cookies."""
        return str(self._serializer(purpose).dumps(values))

    def read(self, purpose: str, signed: str, max_age_seconds: float) -> list[Any] | None:
        """Return the values of *signed*; None if it is forged, older than *max_age_seconds*, or for another purpose."""
        try:
            return list(self._serializer(purpose).loads(signed, max_age=int(max_age_seconds)))
        except BadData:
            return None

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret, salt=purpose)
