"""Sends one run from start to end: its records become numbered lines, config, summary and files; progress is on disk.

May import `sync.http`, `capture` and `store`. Next: `sync.background` and `sync.bulk`, which run senders.
"""
