"""Files of a version on this machine: downloads, checks of them, and media values read back.

Contents come through a `VersionSource`; nothing here knows where it has them from.
"""
