"""W&B's protocol for artifacts: nodes, fields of projects and runs, mutations, and the routes for contents.

May import `server.storage.artifacts` and the nodes of runs and projects. Next: `server.protocol.graphql_executor`.
"""
