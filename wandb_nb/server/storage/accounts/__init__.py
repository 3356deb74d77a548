"""API keys of users, teams with their members and former names.

Users, and the rights that follow from memberships, are in `storage.users`; the pages are in `web.accounts`.
"""

from __future__ import annotations
