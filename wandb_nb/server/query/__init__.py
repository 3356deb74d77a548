"""Listing runs on pages: the search box, tables of runs, values as text.

May import `server.storage`. Next: `server.live`, which reads the rows of one run.
"""
