"""Reading run files that grow, end early or are damaged: records, rows as columns, and the state they add up to.

May import `store.metrics`, `store.format` and the lock of `store.writing`. Next: `store.runs`, which finds the files.
"""
