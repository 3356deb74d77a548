"""The active runs of this process, and finishing them when it ends."""
