"""Metric definitions, their one encoding, and the summary engine that live runs, readers, sync and server share.

Imports nothing of the other store packages, and no numpy. Next: `store.format`, which puts definitions into records.
"""
