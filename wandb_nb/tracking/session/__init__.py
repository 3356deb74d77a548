"""An active run: `RunSession` with its directory, row logger, capture, notices and sync.

Modules here take parts of the session, never a `Run`. Next: `tracking.run`, the documented names.
"""
