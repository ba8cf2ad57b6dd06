"""What the host's GPUs do, and can do."""
