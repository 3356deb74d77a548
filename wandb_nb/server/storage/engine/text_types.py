"""`CleanString` and `CleanText`: the one place where text that a database cannot store is made storable.

PostgreSQL refuses NUL, and no database takes lone surrogates. Both become U+FFFD, in what is stored and in what it is
compared with, so that a name is found under the text that it was stored with. Normalised JSON contains neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, Text, TypeDecorator

from wandb_nb.untrusted_json import clean_text

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class CleanString(TypeDecorator[str]):
    """A text of bounded length."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Return *value* as it can be stored."""
        return storable(value)


class CleanText(TypeDecorator[str]):
    """A text of any length."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Return *value* as it can be stored."""
        return storable(value)


def storable(value: str | None) -> str | None:
    """Return *value* with U+FFFD for each NUL and each lone surrogate."""
    if value is None:
        return None
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    return value if value.isascii() else clean_text(value)
