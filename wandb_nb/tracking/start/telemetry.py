"""The features that a run used, as TelemetryRecord and as the config entry `_wandb.t`. Sent only where the run is."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb._version import __version__
from wandb_nb.store.format import records

if TYPE_CHECKING:
    from collections.abc import Mapping


class FeatureUse:
    """The features used so far, by their names in `records.FEATURES`; records nothing unless *enabled*."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._features: set[str] = set()
        self._labels: dict[str, str] = {}

    def add(self, *features: str) -> None:
        """Record that *features* were used."""
        if self._enabled:
            self._features.update(features)

    def add_labels(self, labels: Mapping[str, str]) -> None:
        """Record which program logs: texts by names of `records.LABELS`, which replace earlier ones."""
        if self._enabled:
            self._labels.update(labels)

    def record(self) -> bytes:
        """Return the TelemetryRecord."""
        return records.telemetry(
            features=self._features, environments=_environments(), cli_version=__version__, labels=self._labels
        )

    def as_config(self) -> dict[str, Any]:
        """Return the config's `_wandb` entry: versions, and as `t` the record with field numbers as keys."""
        entry: dict[str, Any] = {
            "3": sorted(records.FEATURES[feature] for feature in self._features),
            "4": platform.python_version(),
            "5": __version__,
            "8": sorted(records.ENVIRONMENTS[name] for name in _environments()),
            "9": {str(records.LABELS[name]): text for name, text in self._labels.items()},
            "13": f"{platform.system()}-{platform.machine()}".lower(),
        }
        return {
            "cli_version": __version__,
            "python_version": platform.python_version(),
            "t": {key: value for key, value in entry.items() if value},
        }


def _environments() -> list[str]:
    environments = {
        "jupyter": host.in_notebook(),
        "windows": sys.platform == "win32",
        "colab": host.kind() == "colab",
        "ipython": host.in_ipython_terminal(),
    }
    return [name for name, applies in environments.items() if applies]
