"""Finding and listing runs: filters, the search box, tables of runs, and values as text.

May import `server.storage`. Next: `server.web`, which shows the lists.
"""
