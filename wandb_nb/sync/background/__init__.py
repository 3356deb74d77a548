"""The background process of a user process: found or started by `launch`, run by `service`.

May import `sync.upload` and `sync.http`. Next: `tracking.online.sync_handle`, its client.
"""
