"""What a terminal shows of a run: presenter, lines, progress bar, sparklines."""
