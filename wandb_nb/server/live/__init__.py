"""Live data of stored runs: messages for views, a cache of them, sampled series, and change notifications.

May import `server.storage` and `server.query`. Next: `server.web.live_routes`.
"""
