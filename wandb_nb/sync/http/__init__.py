"""Requests to one server: connection settings, retries, GraphQL operations, file uploads and downloads.

Next: `sync.upload`, which decides what to send.
"""
