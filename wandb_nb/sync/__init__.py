"""From disk to a server: what is in a run's files, sent over W&B's protocol."""
