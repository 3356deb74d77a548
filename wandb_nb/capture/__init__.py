"""What is observed around a run: code, console, machine, and the cells of a notebook."""
