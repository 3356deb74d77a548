"""Appending to a run file: the row encoder, the writer, segments of child processes, and the owner's lock.

May import `store.metrics` and `store.format`. Next: `tracking.session`, which calls it.
"""
