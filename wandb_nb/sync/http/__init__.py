"""Requests to one server: connection settings, retries, GraphQL operations, file uploads and downloads.

May import `store` and below, nothing else of `sync`. Next: `sync.upload`, which decides what to send.
"""
