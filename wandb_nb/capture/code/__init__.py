"""The code of a run: source files, Git state and uncommitted changes, installed packages.

May import `capture.machine` and `capture.secrets`. Next: `tracking.session.metadata_files`, which writes them into the
run directory.
"""
