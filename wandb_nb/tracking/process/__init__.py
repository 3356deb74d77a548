"""The active runs of this process, and finishing them when it ends.

`active_runs` builds on `Run`, which does not import it: a run calls what `RunSession.on_finish` holds.
"""
