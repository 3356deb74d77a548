"""The runs of this process, and how they end when it does."""
