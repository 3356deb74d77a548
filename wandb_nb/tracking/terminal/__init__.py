"""Terminal output of a run: presenter, lines, progress bar, sparklines."""
