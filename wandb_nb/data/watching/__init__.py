"""`watch()`: histograms of a model's gradients and parameters, logged while it trains.

torch is never imported: it is loaded where there is a model to watch.
"""
