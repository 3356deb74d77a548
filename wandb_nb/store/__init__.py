"""Runs on disk.

`format` encodes and decodes, `writing` appends to a run file, `reading` reads one, `runs` finds and manages the
directories of runs. May import `errors`, `settings`, `credentials` and `host` only.
"""
