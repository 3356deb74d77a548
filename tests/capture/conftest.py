"""Notebooks run by real kernels."""

from tests.notebook.conftest import execute

__all__ = ["execute"]
