"""What is recorded around a run: `console`, `code`, `cells`, `machine`, and `secrets`, which redacts it all.

May import `store` and below. Next: `tracking.session.run_capture`, which starts and stops it for a run.
"""
