"""The project's files: up, down, watched, cloned."""
