"""What happened to a host: when, by whom and why."""
