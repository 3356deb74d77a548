"""Putting a version together: files, folders, media values and references of a draft, and where they wait.

`draft_contents` is the entry. What becomes of a draft is in `artifacts.run_artifacts`.
"""
