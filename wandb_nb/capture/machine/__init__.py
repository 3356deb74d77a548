"""The machine: environment, system metrics, graphics cards, and subprocesses that are safe beside forks."""
