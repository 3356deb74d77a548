"""What SQLite and PostgreSQL need: the address of a database, its connections, and text that both can store.

Imports nothing of the server. Next: `server.storage.database`, which opens connections, and `server.storage.tables`.
"""
