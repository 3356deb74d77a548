"""What is observed around a run: environment, git and installed packages."""
