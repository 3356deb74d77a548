"""The way of a row from `log()` to the run file: its step and attempt, the summary, the metric definitions.

May import `store`. Next: `tracking.session`, which has one row logger, and `store.writing`, which writes the bytes.
"""
