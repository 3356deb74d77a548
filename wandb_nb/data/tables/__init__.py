"""Tables: rows and typed columns, their file in the run, and the artifact that has their media.

Charts made from tables are in `data.plots`.
"""
