"""W&B's protocol: the routes that clients call, the GraphQL schema and its resolvers, `file_stream` posts.

May import `server.storage`, `server.query` and `server.http`.
"""
