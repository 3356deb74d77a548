"""Parameters of a fit as values that a config can hold: few, short, and without objects."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

MAX_PARAMETERS = 200
MAX_ITEMS = 20
MAX_TEXT_LENGTH = 200


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first *parameters*, each as `plain_value`; a dot in a name is written as it is."""
    return {str(name): plain_value(parameters[name]) for name in list(parameters)[:MAX_PARAMETERS]}


def plain_value(value: Any) -> Any:
    """Return *value* if it is a number, a short text or a few of these; of a function its name, else its class."""
    if value is None or isinstance(value, (bool, numbers.Number)):
        return value
    if isinstance(value, str):
        return value[:MAX_TEXT_LENGTH]
    if isinstance(value, Mapping):
        return {str(key): plain_value(value[key]) for key in list(value)[:MAX_ITEMS]}
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value[:MAX_ITEMS]]
    return getattr(value, "__qualname__", type(value).__qualname__)
