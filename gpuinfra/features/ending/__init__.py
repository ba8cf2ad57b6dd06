"""What the laptop asks of a host that a command is about to end: on_stop, and the saves of its jobs."""
