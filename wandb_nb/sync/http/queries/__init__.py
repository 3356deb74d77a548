"""The texts of GraphQL operations, by their names on the server; `operations.QUERIES` has them all.

`artifact_queries` sends artifacts, `read_queries` reads stored runs, `artifact_read_queries` stored artifacts. May
import nothing. Next: `wandb_nb.sync.http.operations`, which has those that a run's sending needs, and executes all.
"""
