"""The files of a run besides its run file: metadata, copies of code, and what `save()` and `log_code()` add.

Knows nothing of `Run`; takes a run directory. Next: `tracking.session`, which calls it, and `sync`, which sends them.
"""
