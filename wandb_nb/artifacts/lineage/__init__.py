"""Lineage: which runs made and used a version, and what these used and made, as data, text and a picture.

`lineage_graph` collects it from a `VersionSource`. Where it is stored is in `artifacts.store.lineage_files`.
"""
