"""Starting a run: `init()`, identity, resuming, attaching, rerunning an init cell.

May import `tracking.session` and `tracking.config`. Next: `tracking.session.begin`, which starts the session.
"""
