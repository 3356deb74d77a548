"""The runs of this machine: the registry, finding a run, the chain of its directories, repair and removal.

May import the other store packages. Next: `view`, `compare` and the command line, which show what is found.
"""
