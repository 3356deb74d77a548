"""The pages of artifacts: the names of a project, the versions of one, a version's files and lineage, differences.

May import the modules of `server.web`. Next: `server.web.routes`, which lists their addresses.
"""
