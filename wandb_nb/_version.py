"""The version, kept here alone; the build and the npm package read it."""

__version__ = "0.1.0"
