"""Sends runs to a server over W&B's protocol.

`http` makes requests, `upload` sends one run, `background` is the process that does so during training, `bulk` sends
many runs. Imports point that way only: http <- upload <- background <- bulk. May import `capture`, `store` and below.
"""
