"""Starting a run: `init()`, identity, resuming, attaching, rerunning an init cell."""
