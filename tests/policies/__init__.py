"""Tests of our own policy checks."""
