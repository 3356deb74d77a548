"""Alembic's revisions of the tables, one module each under `versions`; `schema_upgrade` applies them.

A revision is frozen once released: it may import nothing of the package but the copies in this folder.
"""
