"""What all routes share: services, authentication, request bodies, signed values, file addresses, browser policy.

May import `server.storage` and `server.live`. Next: `server.protocol` for clients and `server.web` for browsers.
"""
