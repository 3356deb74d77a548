"""Redaction: keys, tokens and passwords are removed from text before it is stored.

Imports nothing of the other capture packages.
"""
