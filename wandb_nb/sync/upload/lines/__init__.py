"""What a server gets of a run's records: numbered lines of rows, events and console, the summary and the config.

May import `store`. Next: `sync.upload.run_follower`, which applies the records, and `sync.upload.run_posts`.
"""
