"""Sending runs to a server over W&B's protocol.

`http` makes requests, `upload` sends one run, `background` is the process that does so during training, `bulk` sends
many runs at once. May import `store` and below; not `tracking`.
"""
