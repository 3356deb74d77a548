"""W&B's protocol: the routes for clients, the GraphQL schema and its resolvers, `file_stream` posts.

May import `server.http` and all below it, never `server.web`. Next: `server.web`, the pages.
"""
