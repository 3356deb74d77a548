"""The server's data: tables, the database with its one writer, projects, runs, lines, users, alerts and files.

May import no other package of the server. Next: `server.query`, which selects and sorts runs.
"""
