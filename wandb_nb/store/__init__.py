"""Bytes on disk: the run file in both directions, the run directory, the registry of runs."""
