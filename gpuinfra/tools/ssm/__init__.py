"""Session Manager's data channel."""
