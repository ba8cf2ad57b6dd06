"""Lean twins of the commands that scripts call in loops."""
