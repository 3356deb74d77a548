"""The pages that relate values of many runs to one another.

What they draw comes from `server.query`.
"""

from __future__ import annotations
