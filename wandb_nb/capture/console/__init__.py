"""Console output: hooks on the streams, a small terminal that resolves progress bars, and `output.log`.

May import `store` and below, nothing else of `capture`. Next: `capture.cells`, which
uses the same hooks and terminal for the outputs of cells.
"""
