"""A run that can be repeated: what it captured as a folder to run it in, and remarks on what would make it differ.

May import `store`, `capture` and `artifacts`. What it reads was written by somebody else: paths stay below the folder,
no link is followed, and nothing of the run is executed. Next: `cli.reproduce_command`, which lays out a run.
"""
