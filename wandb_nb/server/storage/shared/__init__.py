"""What several servers on one database share: counted attempts and the secret that signs.

May import the tables of `server.storage`. Next: `attempts`, which limits logins and anonymous accounts.
"""
