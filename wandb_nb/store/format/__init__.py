"""The bytes of a run file: protobuf wire, log framing, one builder and one decoder per record type, and file names.

Imports nothing of the other store packages. Next: `store.writing` and `store.reading`.
"""
