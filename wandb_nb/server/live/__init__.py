"""The rows of stored runs: messages for views, a cache of open runs, sampled series, change notifications.

May import `server.storage` and `server.query`. Next: `server.http`, which holds the cache and the subscriptions.
"""
