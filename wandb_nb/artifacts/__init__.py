"""Artifacts: versions of named sets of files, described by a manifest; contents are stored by their digest.

`artifact` is what users hold, `draft` puts a version together, `run_artifacts` writes it into a run, and the
package `store` has the versions of this machine. `data` says what media put into a version, `sync` sends it.
"""
