"""Doors to the world; they know no feature."""
