"""Artifacts in the database: contents by digest, manifests, versions with their numbers, aliases and uses.

May import the modules of `server.storage`. Next: `server.protocol.artifacts`, which answers clients from it.
"""
