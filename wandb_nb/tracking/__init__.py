"""What the user holds: `Run` and what it is made of.

`start` makes a run, `session` is its part behind `Run`, `config` its inputs, `process` ends runs with the program,
`terminal` prints, `login` asks for keys. May import `capture`, `view` and below, and `sync.background`. Not called
`run`, because `wandb_nb.run` is the active run. Next: `notebook`, which shows runs under cells.
"""
