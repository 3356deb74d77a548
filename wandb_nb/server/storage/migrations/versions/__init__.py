"""The revisions, named by their number.

Each upgrades the schema by one step and is never changed after a release. Next: `server.storage.tables`.
"""
