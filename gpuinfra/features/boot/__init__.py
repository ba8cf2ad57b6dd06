"""What a host is told, and its first boot."""
