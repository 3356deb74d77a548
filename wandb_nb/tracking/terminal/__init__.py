"""Terminal output of a run: presenter, lines, progress bar, sparklines.

Takes a read-only `RunView`. Next: `notebook.panel`, which replaces the presenter in notebooks.
"""
