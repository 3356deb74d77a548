"""Records the surroundings of a run: `console`, `code`, `cells`, `machine`, and `secrets`, which redacts all of it.

`code` and `cells` may import the others, which import nothing of each other. May import `store` and below.
Next: `tracking.session.run_capture`, which starts and stops it for a run.
"""
