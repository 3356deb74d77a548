"""`login()` and its prompt."""
