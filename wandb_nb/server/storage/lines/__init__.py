"""Stored lines of runs: written by number, read by step, by number or as a sample, and the summary of a history.

May import the tables and checks of `server.storage`. Next: `server.protocol.filestream`, which writes lines, and
`server.live`, which turns them into series.
"""
