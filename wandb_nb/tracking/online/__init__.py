"""An online run's connection: lookups on the server, the registration that `init()` waits for, the sync process.

Only here does `tracking` import from `sync`, and only `sync.background.launch`. Next: `session.begin`, which uses it.
"""
