"""Many runs at once: which ones a `sync` means, sending them, and how far each one is.

May import `sync.upload`, `sync.http` and `sync.background`. Next: `cli.sync_commands`.
"""
