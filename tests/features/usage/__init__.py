"""Tests of a host's use: now and over time."""
