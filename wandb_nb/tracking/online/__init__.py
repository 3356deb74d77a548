"""An online run's connection: lookups on the server, the registration that `init()` waits for, the sync process.

Only here does `tracking` import from `sync`: `background.launch`, and `reading` in `used_artifacts`.
Next: `session.begin`, which uses it.
"""
