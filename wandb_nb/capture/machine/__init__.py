"""The machine and the program on it: environment, system metrics, graphics cards, subprocesses beside forks.

May import `store` and below, nothing else of `capture`. Next: `capture.code`, which runs Git through it.
"""
