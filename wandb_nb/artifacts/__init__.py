"""Artifacts: versions of named sets of files, described by a manifest; contents are stored by their digest.

This is the base that tables need. `data` says what goes into a version, `sync` sends it.
"""
