"""The cells of a notebook session: what was executed, its outputs, and the session notebook made of both.

May import `capture.console` and `capture.secrets`. Next: `notebook.cell_recorder`, which reports the cells.
"""
