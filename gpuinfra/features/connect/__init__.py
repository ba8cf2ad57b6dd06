"""The way to a host: its key, its address, coming back to it."""
