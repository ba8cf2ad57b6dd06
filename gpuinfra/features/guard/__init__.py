"""The guard: what it sees on the host, and what the user tells it."""
