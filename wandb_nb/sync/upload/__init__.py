"""One run sent from start to end: its records become numbered lines, config, summary and files, with progress on disk.

May import `sync.http`. Next: `sync.background` and `sync.bulk`, which run senders.
"""
