"""The pages of entities: a user's or a team's projects, and the members of a team.

What they show and change is in `storage.accounts`.
"""

from __future__ import annotations
