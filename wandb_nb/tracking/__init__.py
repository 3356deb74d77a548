"""What the user holds: `init`, `Run`, `Config`, `Summary`, metric definitions, files and terminal lines."""
