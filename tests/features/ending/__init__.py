"""Tests of what the laptop asks of a host that is about to end."""
