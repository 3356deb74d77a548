"""Media: images, sounds, tables, charts and everything else that `log()` stores as a file or in W&B's JSON.

A value becomes bytes once, these become a file below `files/media/`, and its JSON goes into the row (docs/media.md).
Nothing here knows of runs: a `MediaTarget` says where files and records go. The way into `log()` is in `tracking`.
"""
