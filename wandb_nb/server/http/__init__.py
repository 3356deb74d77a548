"""What all routes share: the user and body of a request, signed file addresses, browser policy, and the services.

May import `server.storage` and `server.live`.
"""
