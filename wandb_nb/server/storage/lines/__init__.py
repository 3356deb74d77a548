"""Stored lines of runs: rows in segments by columns, read by step, by number or as a sample; the summary of a history.

A `row_segment` has up to 256 successive rows, made of `row_layout` and `packed_numbers`. `segment_store` writes them,
`segment_queries` reads them. May import the tables and checks of `server.storage`. Next: `server.protocol.filestream`,
which writes lines, and `server.live`, which turns them into series.
"""
