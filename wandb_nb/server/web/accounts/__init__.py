"""The pages of accounts: one's own, an entity with its projects and members, and the settings of a project.

What they show and change is in `storage.accounts`.
"""

from __future__ import annotations
