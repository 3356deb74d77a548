"""Measuring the server: metrics of its requests for Prometheus, and a log of them.

Imports nothing of the server. Next: `request_observer`, through which every request goes.
"""
