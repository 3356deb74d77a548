"""`login()` and its prompt.

May import `credentials` and `tracking.online.sync_handle`, which verifies a key. Next: `cli.account_commands`.
"""
