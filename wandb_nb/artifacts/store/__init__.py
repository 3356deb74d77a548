"""The artifact versions of this machine: contents by digest, manifests, versions, aliases, and which run used what.

`artifact_store` is the entry. Nothing here knows how a version is made (`artifacts.draft`) or shown
(`artifacts.lineage`).
"""
