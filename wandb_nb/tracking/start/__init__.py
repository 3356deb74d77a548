"""`init()` and all that it decides: identity, names, resuming, attaching, an init cell that is run again."""
