"""Mean and band of a metric over the runs of each group.

`metric_curve` reads a sample of one run, which `curve_cache` keeps until the run changes; `shared_grid` brings curves
onto one x axis, `group_bands` does so by group.
"""
