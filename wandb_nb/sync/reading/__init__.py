"""Reads what a server has: queries page by page, and the versions of its artifacts.

Next: `public_api.remote`, which is made of these, and `tracking.online.used_artifacts`, which finds what a run uses.
"""
