"""The tracking API: `init()`, `Run` and the parts behind it.

`start` makes a run, `session` is the state behind `Run`, `config` its inputs, `process` ends runs with the program,
`terminal` prints, `login` asks for keys; `session_of` gives other packages the session of a run. May import `capture`,
`view` and below, and `sync.background`. Not called `run`, because `wandb_nb.run` is the active run. Next: `notebook`,
which shows runs under cells.
"""
