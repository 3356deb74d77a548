"""What several servers on one database share: counted attempts, the secret that signs, news of changed runs.

May import the tables of `server.storage`. Next: `attempts`, which limits logins and anonymous accounts.
"""
