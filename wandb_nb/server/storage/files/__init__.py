"""The bytes of uploaded files: the interface of a store, the stores, and what is left in them.

May import the modules of `server.storage`. Next: `server.http.stored_body`, which fills a store, and `stored_response`.
"""
