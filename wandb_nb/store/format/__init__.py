"""The bytes of a run file: protobuf wire, log framing, one builder and one decoder per record type, and file names.

May import `store.metrics`. Next: `store.writing` and `store.reading`.
"""
