"""`Config`: the inputs of a run, their sources and their JSON values.

Imports no other tracking package. Next: `session`, which records changes of config in the run file.
"""
