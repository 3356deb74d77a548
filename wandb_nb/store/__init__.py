"""Runs on disk.

`metrics` defines metrics and computes summaries, `format` encodes and decodes, `writing` appends to a run file,
`reading` reads one, `runs` finds and manages the directories of runs. Each may import the ones before it, and
`errors`, `settings`, `credentials` and `host`.
"""
