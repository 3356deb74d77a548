"""`Config`: the inputs of a run, where they are loaded from, and their JSON values.

Imports nothing of the other tracking packages.
"""
