"""A run while it is active: its directory, row logger, metrics, summary, capture, files and syncing.

Knows nothing of `Run`. Next: `tracking.run`, which offers it to the user.
"""
