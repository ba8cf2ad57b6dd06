"""Tests of what is told of a host's past."""
