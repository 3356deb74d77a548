"""Looking after a server's data: archives of all of it, comparing database and files, deleting what is too old.

May import `server.storage`. Next: the commands `wandb-nb server backup`, `restore`, `check` and `retention`.
"""
