"""Sends alerts out of the server: webhooks and e-mail, to public addresses only unless its operator allows others.

What waits, and where it goes, is in `storage.alerts`.
"""

from __future__ import annotations
