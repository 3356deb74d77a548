"""Many runs in one call: which ones a `sync` selects, sending them, and how far each one is.

May import `sync.upload`, `sync.http` and `sync.background`. Next: `cli.sync_commands`.
"""
