"""Alerts of runs, where each project sends them, and those that wait to be sent.

`server.alerts` sends them.
"""

from __future__ import annotations
