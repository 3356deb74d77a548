"""The server's data: tables, the one writer, stored lines, runs, users, alerts and files.

Imports nothing of the other server packages. Next: `server.query` and `server.protocol`.
"""
